// Candidates behind a context: which is likeliest, and by what measure. Pure functions.
import type { Choice } from './api';
import { codePoints, scoredTokens, summarise, type ScoredToken } from './scores';

export type Measure = 'total' | 'token' | 'byte';

export interface Candidate {
  text: string;
  tokens: ScoredToken[];  // The candidate's own.
  total: number;          // Sum of their log-probabilities.
  bytes: number;          // Of the text in UTF-8.
}

// Scripts that put no blank between words.
const kNoBlanks = new RegExp(
    '[\\p{sc=Han}\\p{sc=Hiragana}\\p{sc=Katakana}\\p{sc=Thai}\\p{sc=Lao}\\p{sc=Khmer}' +
    '\\p{sc=Myanmar}]', 'u');

// A word behind words gets the blank that it needs to be one.
export function withBlank(context: string, candidate: string): string {
  const before = [...context].at(-1) ?? ' ', after = [...candidate][0] ?? ' ';
  const words = !/\s/u.test(before) && /[\p{L}\p{N}]/u.test(after);
  return words && !kNoBlanks.test(before) && !kNoBlanks.test(after) ? ` ${candidate}` : candidate;
}

// A token that begins in the context and ends in the candidate is the candidate's. An error for one
// with a token that nothing comes before, and that so has no probability.
export function candidateOf(choice: Choice, text: string, alternatives: number): Candidate {
  const start = codePoints(choice.text) - codePoints(text);
  const tokens = scoredTokens(choice, alternatives).filter((token) => token.end > start);
  if (tokens.some((token) => token.logprob === null)) {
    throw new Error('Write more before the candidates: nothing comes before their first token.');
  }
  return {
    text, tokens,
    total: summarise(tokens).total,
    bytes: new TextEncoder().encode(text).length,
  };
}

export interface Ranked {
  candidate: Candidate;
  place: number;    // 1: the best; equal ones share a place.
  share: number;    // 0 to 1, by the measure: what the bar shows.
}

// 'total': each one's part of all candidates' probability. 'token', 'byte': the geometric mean.
function shares(candidates: Candidate[], measure: Measure): number[] {
  if (measure === 'token') {
    return candidates.map((c) => Math.exp(c.total / Math.max(1, c.tokens.length)));
  }
  if (measure === 'byte') return candidates.map((c) => Math.exp(c.total / Math.max(1, c.bytes)));
  const best = Math.max(...candidates.map((c) => c.total));
  const weights = candidates.map((c) => Math.exp(c.total - best));
  const sum = weights.reduce((a, b) => a + b, 0);
  return weights.map((weight) => weight / sum);
}

function measured(candidate: Candidate, measure: Measure): number {
  if (measure === 'total') return candidate.total;
  return candidate.total /
      Math.max(1, measure === 'token' ? candidate.tokens.length : candidate.bytes);
}

export function rank(candidates: Candidate[], measure: Measure): Ranked[] {
  const values = candidates.map((candidate) => measured(candidate, measure));
  const share = shares(candidates, measure);
  return candidates
    .map((candidate, i) => ({
      candidate,
      place: 1 + values.filter((value) => value > (values[i] ?? 0)).length,
      share: share[i] ?? 0,
    }))
    .sort((a, b) => a.place - b.place);
}
