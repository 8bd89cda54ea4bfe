/** Sizes of a config.json that make a model quick, with fewer key heads than heads. */
export const tinySizes = {
  vocab_size: 24,
  hidden_size: 32,
  intermediate_size: 48,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
};
