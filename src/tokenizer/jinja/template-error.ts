/** What a template does wrong or refuses; the caller adds which template it is. */
export class TemplateError extends Error {}
