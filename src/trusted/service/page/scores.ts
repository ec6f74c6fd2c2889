// Log-probabilities as people read them. Pure functions.
import type { Choice } from './api';

export interface Alternative {
  text: string;
  logprob: number;
}

export interface ScoredToken {
  text: string;
  id: number | undefined;
  logprob: number | null;  // Null: nothing comes before the first token.
  rank: number | null;     // 1: the most likely one.
  alternatives: Alternative[];  // Most likely first; the token itself is among them if its rank is.
  listed: boolean;         // It is.
  start: number;           // In code points of the whole text.
  end: number;
}

function alternativesAt(choice: Choice, i: number): Alternative[] {
  const top = choice.logprobs.top_logprobs?.[i] ?? {};
  return Object.entries(top)
    .map(([text, logprob]) => ({ text, logprob }))
    .sort((a, b) => b.logprob - a.logprob);
}

// `asked`: how many alternatives were. Servers may add the token itself to that many.
export function scoredTokens(choice: Choice, asked: number): ScoredToken[] {
  const { tokens, token_logprobs, text_offset, token_ids, token_ranks } = choice.logprobs;
  const length = codePoints(choice.text);
  return tokens.map((text, i) => {
    const rank = token_ranks[i] ?? null;
    return {
      text, rank,
      logprob: token_logprobs[i] ?? null,
      id: token_ids[i],
      alternatives: alternativesAt(choice, i).slice(0, asked),
      listed: rank !== null && rank <= asked,
      start: text_offset[i] ?? length,
      end: text_offset[i + 1] ?? length,
    };
  });
}

export interface Summary {
  tokens: number;  // Those with a log-probability.
  total: number;
  perplexity: number;
}

export function summarise(tokens: ScoredToken[]): Summary {
  const known = tokens.flatMap((token) => token.logprob ?? []);
  const total = known.reduce((sum, logprob) => sum + logprob, 0);
  return { tokens: known.length, total, perplexity: Math.exp(-total / known.length) };
}

// Surprise in bits: 1 for a coin's side, 10 for one of a thousand.
export function bitsOf(logprob: number): number {
  return Math.max(0, -logprob / Math.LN2);
}

// From 0, certain, to 1, one of 16 384 or rarer.
export function shadeOf(logprob: number): number {
  return Math.min(1, bitsOf(logprob) / 14);
}

export function codePoints(text: string): number {
  let count = 0;
  for (const _ of text) ++count;
  return count;
}

export function formatNumber(value: number, digits: number): string {
  const text = value.toLocaleString('en', {
    minimumFractionDigits: digits, maximumFractionDigits: digits,
  });
  return text.replace('-', '\u2212');
}

export function formatProbability(logprob: number): string {
  const share = Math.exp(logprob);
  if (share >= 0.0995) return `${formatNumber(share * 100, 0)} %`;
  if (share >= 0.001) return `${formatNumber(share * 100, share >= 0.01 ? 1 : 2)} %`;
  const odds = Math.exp(-logprob);
  if (odds >= 1e9) return `1 in 10^${formatNumber(-logprob / Math.LN10, 0)}`;
  return `1 in ${Number(odds.toPrecision(2)).toLocaleString('en')}`;
}

// White space and control characters as signs; the text of a byte that is no character as it is.
export function visible(text: string): string {
  const signs: Record<string, string> = { ' ': '␣', '\n': '↵', '\t': '⇥', '\r': '␍' };
  return text.replace(/[ \n\t\r]/g, (c) => signs[c] ?? c);
}
