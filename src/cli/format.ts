/** `4.2s`, `3m 07s`, `2h 05m`. */
export function formatDuration(seconds: number): string {
  if (seconds < 10) {
    return `${seconds.toFixed(1)}s`;
  }
  const whole = Math.round(seconds);
  if (whole < 60) {
    return `${whole}s`;
  }
  if (whole < 3600) {
    return `${Math.floor(whole / 60)}m ${String(whole % 60).padStart(2, "0")}s`;
  }
  const minutes = Math.round(whole / 60);
  return `${Math.floor(minutes / 60)}h ${String(minutes % 60).padStart(2, "0")}m`;
}

/** A share of 1 as `93.5%`. */
export function formatPercent(share: number): string {
  return `${(share * 100).toFixed(1)}%`;
}

/** `840`, `12.3k`, `1.05M`. */
export function formatCount(count: number): string {
  if (count < 1000) {
    return count < 10 && !Number.isInteger(count) ? count.toFixed(1) : String(Math.round(count));
  }
  for (const [size, unit] of [
    [1e3, "k"],
    [1e6, "M"],
    [1e9, "B"],
  ] as const) {
    const scaled = count / size;
    if (scaled < 999.5 || unit === "B") {
      return `${scaled.toFixed(scaled < 10 ? 2 : scaled < 100 ? 1 : 0)}${unit}`;
    }
  }
  return String(count);
}

/** `512 B`, `12.0 KiB`, `3.09 GiB`. */
export function formatBytes(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB"];
  const power = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10));
  const scaled = bytes / 1024 ** power;
  return `${power === 0 ? bytes : scaled.toFixed(scaled < 10 ? 2 : 1)} ${units[power]}`;
}

/** `1 failure`, `2 failures`. */
export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** As a shell takes it for one argument. */
export function shellArgument(text: string): string {
  return /^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
