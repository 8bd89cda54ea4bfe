import { DataError, ModelError } from "../errors.ts";
import { joinAddedTokens, specialTokenRoles } from "./added-tokens.ts";
import { createChatTemplate } from "./chat-template.ts";
import { createLibraryTokenizer, type LibraryTokenizer } from "./library-tokenizer.ts";
import type { Tokenizer } from "./tokenizer.ts";
import { readTokenizerFiles, type TokenizerFiles } from "./tokenizer-files.ts";
import { checkVocabulary } from "./tokenizer-schema.ts";

/** Ids of the tokens that have a role; a role that names no token is a ModelError. */
function roleIds(
  { configFile, tokenizerFile, config }: TokenizerFiles,
  library: LibraryTokenizer,
): Partial<Record<string, number>> {
  const ids = Object.entries(specialTokenRoles(config)).map(([role, content]) => {
    const id = library.token_to_id(content);
    if (id === undefined && role !== "unk_token") {
      throw new ModelError(
        `${configFile}: ${role} is ${JSON.stringify(content)}, which ${tokenizerFile} does not have; name one of its tokens`,
      );
    }
    return [role, id];
  });
  return Object.fromEntries(ids);
}

/** Loads the tokenizer of a model folder: `tokenizer.json` decides how text is cut, whatever class is named beside it. */
export function loadTokenizer(directory: string): Tokenizer {
  return createTokenizer(readTokenizerFiles(directory));
}

/** The tokenizer that these files describe. */
export function createTokenizer(files: TokenizerFiles): Tokenizer {
  const { tokenizerFile, tokenizer, config } = files;
  const vocabulary = checkVocabulary(tokenizer, tokenizerFile);
  const addedTokens = joinAddedTokens(files, vocabulary);
  const library = createLibraryTokenizer(files, vocabulary, addedTokens);
  const ids = roleIds(files, library);
  const specialIds = new Set(addedTokens.filter(({ special }) => special).map(({ id }) => id));
  // Made for WordPiece; on byte-pair tokens it would eat blanks that belong to the text.
  const cleanUp = config.clean_up_tokenization_spaces === true && tokenizer.model.type !== "BPE";
  let vocabularySize = 0;
  for (const id of [...vocabulary.values(), ...addedTokens.map((token) => token.id)]) {
    vocabularySize = Math.max(vocabularySize, id + 1);
  }
  const renderChat = createChatTemplate(files.chatTemplate, specialTokenRoles(config), files.configFile);

  const encodeBare = (text: string) => library.encode(text, { add_special_tokens: false }).ids;

  return {
    vocabularySize,
    endTokenIds: ids.eos_token === undefined ? [] : [ids.eos_token],
    padTokenId: ids.pad_token ?? null,
    encode: (text, { addSpecialTokens = false } = {}) => {
      const idsOrUnknown = library.encode(text, { add_special_tokens: addSpecialTokens }).ids;
      if (idsOrUnknown.includes(undefined)) {
        const character = [...text].find((one) => encodeBare(one).includes(undefined)) ?? text;
        throw new DataError(
          `${JSON.stringify(character)} is not in the vocabulary of ${tokenizerFile}; leave it out of the text or use another tokenizer`,
        );
      }
      const tokenIds = idsOrUnknown as number[];
      const begin = ids.bos_token;
      const beginsTwice = begin !== undefined && tokenIds[0] === begin && tokenIds[1] === begin;
      return addSpecialTokens && beginsTwice ? tokenIds.slice(1) : tokenIds;
    },
    decode: (tokenIds, { skipSpecialTokens = false } = {}) => {
      const kept = tokenIds.filter(
        (id) => library.id_to_token(id) !== undefined && !(skipSpecialTokens && specialIds.has(id)),
      );
      return kept.length === 0 ? "" : library.decode(kept, { clean_up_tokenization_spaces: cleanUp });
    },
    applyChatTemplate: (messages, options = {}) => renderChat(messages, options),
  };
}
