// Written by unicode_additions.mjs: edit that.
#include "trusted/tokenizer/unicode_additions.h"

namespace sotto {
namespace {

constexpr UnicodeAddition kAdditions[] = {
    {"Lu", "\\p{Lu}", "\\x{1c89}\\x{a7cb}-\\x{a7cc}\\x{a7da}\\x{a7dc}\\x{10d50}-\\x{10d65}", ""},
    {"Ll", "\\p{Ll}", "\\x{1c8a}\\x{a7cd}\\x{a7db}\\x{10d70}-\\x{10d85}\\x{1df25}-\\x{1df2a}", ""},
    {"Lm", "\\p{Lm}",
     "\\x{10d4e}\\x{10d6f}\\x{16d40}-\\x{16d42}\\x{16d6b}-\\x{16d6c}\\x{1e030}-\\x{1e06d}\\x{"
     "1e4eb}",
     ""},
    {"Lo", "\\p{Lo}",
     "\\x{105c0}-\\x{105f3}\\x{10d4a}-\\x{10d4d}\\x{10d4f}\\x{10ec2}-\\x{10ec4}\\x{1123f}-\\x{"
     "11240}\\x{11380}-\\x{11389}\\x{1138b}\\x{1138e}\\x{11390}-\\x{113b5}\\x{113b7}\\x{113d1}\\x{"
     "113d3}\\x{11bc0}-\\x{11be0}\\x{11f02}\\x{11f04}-\\x{11f10}\\x{11f12}-\\x{11f33}\\x{1342f}\\x{"
     "13441}-\\x{13446}\\x{13460}-\\x{143fa}\\x{16100}-\\x{1611d}\\x{16d43}-\\x{16d6a}\\x{18cff}"
     "\\x{1b132}\\x{1b155}\\x{1e4d0}-\\x{1e4ea}\\x{1e5d0}-\\x{1e5ed}\\x{1e5f0}\\x{2b739}\\x{2ebf0}-"
     "\\x{2ee5d}\\x{31350}-\\x{323af}",
     ""},
    {"Mn", "\\p{Mn}",
     "\\x{897}\\x{ece}\\x{10d69}-\\x{10d6d}\\x{10efc}-\\x{10eff}\\x{11241}\\x{113bb}-\\x{113c0}\\x{"
     "113ce}\\x{113d0}\\x{113d2}\\x{113e1}-\\x{113e2}\\x{11f00}-\\x{11f01}\\x{11f36}-\\x{11f3a}\\x{"
     "11f40}\\x{11f42}\\x{11f5a}\\x{13440}\\x{13447}-\\x{13455}\\x{1611e}-\\x{16129}\\x{1612d}-\\x{"
     "1612f}\\x{1e08f}\\x{1e4ec}-\\x{1e4ef}\\x{1e5ee}-\\x{1e5ef}",
     "\\x{1171e}"},
    {"Mc", "\\p{Mc}",
     "\\x{cf3}\\x{113b8}-\\x{113ba}\\x{113c2}\\x{113c5}\\x{113c7}-\\x{113ca}\\x{113cc}-\\x{113cd}"
     "\\x{113cf}\\x{1171e}\\x{11f03}\\x{11f34}-\\x{11f35}\\x{11f3e}-\\x{11f3f}\\x{11f41}\\x{1612a}-"
     "\\x{1612c}",
     ""},
    {"Nd", "\\p{Nd}",
     "\\x{10d40}-\\x{10d49}\\x{116d0}-\\x{116e3}\\x{11bf0}-\\x{11bf9}\\x{11f50}-\\x{11f59}\\x{"
     "16130}-\\x{16139}\\x{16d70}-\\x{16d79}\\x{1ccf0}-\\x{1ccf9}\\x{1e4f0}-\\x{1e4f9}\\x{1e5f1}-"
     "\\x{1e5fa}",
     ""},
    {"No", "\\p{No}", "\\x{1d2c0}-\\x{1d2d3}", ""},
    {"Pd", "\\p{Pd}", "\\x{10d6e}", ""},
    {"Po", "\\p{Po}",
     "\\x{1b4e}-\\x{1b4f}\\x{1b7f}\\x{113d4}-\\x{113d5}\\x{113d7}-\\x{113d8}\\x{11b00}-\\x{11b09}"
     "\\x{11be1}\\x{11f43}-\\x{11f4f}\\x{16d6d}-\\x{16d6f}\\x{1e5ff}",
     ""},
    {"Sm", "\\p{Sm}", "\\x{10d8e}-\\x{10d8f}", ""},
    {"So", "\\p{So}",
     "\\x{2427}-\\x{2429}\\x{2ffc}-\\x{2fff}\\x{31e4}-\\x{31e5}\\x{31ef}\\x{1cc00}-\\x{1ccef}\\x{"
     "1cd00}-\\x{1ceb3}\\x{1f6dc}\\x{1f774}-\\x{1f776}\\x{1f77b}-\\x{1f77f}\\x{1f7d9}\\x{1f8b2}-"
     "\\x{1f8bb}\\x{1f8c0}-\\x{1f8c1}\\x{1fa75}-\\x{1fa77}\\x{1fa87}-\\x{1fa89}\\x{1fa8f}\\x{1faad}"
     "-\\x{1faaf}\\x{1fabb}-\\x{1fabf}\\x{1fac6}\\x{1face}-\\x{1facf}\\x{1fada}-\\x{1fadc}\\x{"
     "1fadf}\\x{1fae8}-\\x{1fae9}\\x{1faf7}-\\x{1faf8}\\x{1fbcb}-\\x{1fbef}",
     ""},
    {"Cf", "\\p{Cf}", "\\x{13439}-\\x{1343f}", ""},
    {"ASCII_Hex_Digit", "\\p{ASCII_Hex_Digit}", "", ""},
    {"Alphabetic", "\\p{Alphabetic}",
     "\\x{363}-\\x{36f}\\x{897}\\x{c04}\\x{cf3}\\x{f82}-\\x{f83}\\x{1c89}-\\x{1c8a}\\x{1dd3}-\\x{"
     "1de6}\\x{a7cb}-\\x{a7cd}\\x{a7da}-\\x{a7dc}\\x{105c0}-\\x{105f3}\\x{10d4a}-\\x{10d65}\\x{"
     "10d69}\\x{10d6f}-\\x{10d85}\\x{10ec2}-\\x{10ec4}\\x{10efc}\\x{11080}-\\x{11081}\\x{1123f}-"
     "\\x{11241}\\x{11380}-\\x{11389}\\x{1138b}\\x{1138e}\\x{11390}-\\x{113b5}\\x{113b7}-\\x{113c0}"
     "\\x{113c2}\\x{113c5}\\x{113c7}-\\x{113ca}\\x{113cc}-\\x{113cd}\\x{113d1}\\x{113d3}\\x{11bc0}-"
     "\\x{11be0}\\x{11f00}-\\x{11f10}\\x{11f12}-\\x{11f3a}\\x{11f3e}-\\x{11f40}\\x{1342f}\\x{13441}"
     "-\\x{13446}\\x{13460}-\\x{143fa}\\x{16100}-\\x{1612e}\\x{16d40}-\\x{16d6c}\\x{18cff}\\x{"
     "1b132}\\x{1b155}\\x{1df25}-\\x{1df2a}\\x{1e030}-\\x{1e06d}\\x{1e08f}\\x{1e4d0}-\\x{1e4eb}\\x{"
     "1e5d0}-\\x{1e5ed}\\x{1e5f0}\\x{2b739}\\x{2ebf0}-\\x{2ee5d}\\x{31350}-\\x{323af}",
     ""},
    {"Bidi_Control", "\\p{Bidi_Control}", "", ""},
    {"Case_Ignorable", "\\p{Case_Ignorable}",
     "\\x{897}\\x{ece}\\x{10d4e}\\x{10d69}-\\x{10d6d}\\x{10d6f}\\x{10efc}-\\x{10eff}\\x{11241}\\x{"
     "113bb}-\\x{113c0}\\x{113ce}\\x{113d0}\\x{113d2}\\x{113e1}-\\x{113e2}\\x{11f00}-\\x{11f01}\\x{"
     "11f36}-\\x{11f3a}\\x{11f40}\\x{11f42}\\x{11f5a}\\x{13439}-\\x{13440}\\x{13447}-\\x{13455}\\x{"
     "1611e}-\\x{16129}\\x{1612d}-\\x{1612f}\\x{16d40}-\\x{16d42}\\x{16d6b}-\\x{16d6c}\\x{1e030}-"
     "\\x{1e06d}\\x{1e08f}\\x{1e4eb}-\\x{1e4ef}\\x{1e5ee}-\\x{1e5ef}",
     "\\x{1171e}"},
    {"Cased", "\\p{Cased}",
     "\\x{10fc}\\x{1c89}-\\x{1c8a}\\x{a7cb}-\\x{a7cd}\\x{a7da}-\\x{a7dc}\\x{a7f2}-\\x{a7f4}\\x{"
     "ab69}\\x{10d50}-\\x{10d65}\\x{10d70}-\\x{10d85}\\x{1df25}-\\x{1df2a}\\x{1e030}-\\x{1e06d}",
     ""},
    {"Changes_When_Casefolded", "\\p{Changes_When_Casefolded}",
     "\\x{1c89}\\x{a7cb}-\\x{a7cc}\\x{a7da}\\x{a7dc}\\x{10d50}-\\x{10d65}", ""},
    {"Changes_When_Casemapped", "\\p{Changes_When_Casemapped}",
     "\\x{19b}\\x{264}\\x{1c89}-\\x{1c8a}\\x{a7cb}-\\x{a7cd}\\x{a7da}-\\x{a7dc}\\x{10d50}-\\x{"
     "10d65}\\x{10d70}-\\x{10d85}",
     ""},
    {"Changes_When_Lowercased", "\\p{Changes_When_Lowercased}",
     "\\x{1c89}\\x{a7cb}-\\x{a7cc}\\x{a7da}\\x{a7dc}\\x{10d50}-\\x{10d65}", ""},
    {"Changes_When_Titlecased", "\\p{Changes_When_Titlecased}",
     "\\x{19b}\\x{264}\\x{1c8a}\\x{a7cd}\\x{a7db}\\x{10d70}-\\x{10d85}", ""},
    {"Changes_When_Uppercased", "\\p{Changes_When_Uppercased}",
     "\\x{19b}\\x{264}\\x{1c8a}\\x{a7cd}\\x{a7db}\\x{10d70}-\\x{10d85}", ""},
    {"Dash", "\\p{Dash}", "\\x{10d6e}", ""},
    {"Default_Ignorable_Code_Point", "\\p{Default_Ignorable_Code_Point}", "", ""},
    {"Deprecated", "\\p{Deprecated}", "", ""},
    {"Diacritic", "\\p{Diacritic}",
     "\\x{e3a}\\x{1734}\\x{1a60}\\x{1be6}\\x{1bf2}-\\x{1bf3}\\x{a806}\\x{a82c}\\x{10a38}-\\x{10a3a}"
     "\\x{10a3f}\\x{10d4e}\\x{10d69}-\\x{10d6d}\\x{10efd}-\\x{10eff}\\x{1133b}\\x{113ce}-\\x{113d0}"
     "\\x{113d2}-\\x{113d3}\\x{113e1}-\\x{113e2}\\x{11f41}-\\x{11f42}\\x{11f5a}\\x{13447}-\\x{"
     "13455}\\x{1612f}\\x{16d6b}-\\x{16d6c}\\x{1e030}-\\x{1e06d}\\x{1e5ee}-\\x{1e5ef}",
     ""},
    {"Emoji", "\\p{Emoji}",
     "\\x{1f6dc}\\x{1fa75}-\\x{1fa77}\\x{1fa87}-\\x{1fa89}\\x{1fa8f}\\x{1faad}-\\x{1faaf}\\x{1fabb}"
     "-\\x{1fabf}\\x{1fac6}\\x{1face}-\\x{1facf}\\x{1fada}-\\x{1fadc}\\x{1fadf}\\x{1fae8}-\\x{"
     "1fae9}\\x{1faf7}-\\x{1faf8}",
     ""},
    {"Emoji_Component", "\\p{Emoji_Component}", "", ""},
    {"Emoji_Modifier", "\\p{Emoji_Modifier}", "", ""},
    {"Emoji_Modifier_Base", "\\p{Emoji_Modifier_Base}", "\\x{1faf7}-\\x{1faf8}", ""},
    {"Emoji_Presentation", "\\p{Emoji_Presentation}",
     "\\x{1f6dc}\\x{1fa75}-\\x{1fa77}\\x{1fa87}-\\x{1fa89}\\x{1fa8f}\\x{1faad}-\\x{1faaf}\\x{1fabb}"
     "-\\x{1fabf}\\x{1fac6}\\x{1face}-\\x{1facf}\\x{1fada}-\\x{1fadc}\\x{1fadf}\\x{1fae8}-\\x{"
     "1fae9}\\x{1faf7}-\\x{1faf8}",
     ""},
    {"Extended_Pictographic", "\\p{Extended_Pictographic}", "", ""},
    {"Extender", "\\p{Extender}",
     "\\x{a71}\\x{afb}\\x{10d4e}\\x{10d6a}\\x{10d6f}\\x{11237}\\x{113d2}-\\x{113d3}\\x{1e5ef}", ""},
    {"Grapheme_Base", "\\p{Grapheme_Base}",
     "\\x{cf3}\\x{1b4e}-\\x{1b4f}\\x{1b7f}\\x{1c89}-\\x{1c8a}\\x{2427}-\\x{2429}\\x{2ffc}-\\x{2fff}"
     "\\x{31e4}-\\x{31e5}\\x{31ef}\\x{a7cb}-\\x{a7cd}\\x{a7da}-\\x{a7dc}\\x{105c0}-\\x{105f3}\\x{"
     "10d40}-\\x{10d65}\\x{10d6e}-\\x{10d85}\\x{10d8e}-\\x{10d8f}\\x{10ec2}-\\x{10ec4}\\x{1123f}-"
     "\\x{11240}\\x{11380}-\\x{11389}\\x{1138b}\\x{1138e}\\x{11390}-\\x{113b5}\\x{113b7}\\x{113b9}-"
     "\\x{113ba}\\x{113ca}\\x{113cc}-\\x{113cd}\\x{113d1}\\x{113d3}-\\x{113d5}\\x{113d7}-\\x{113d8}"
     "\\x{116d0}-\\x{116e3}\\x{1171e}\\x{11b00}-\\x{11b09}\\x{11bc0}-\\x{11be1}\\x{11bf0}-\\x{"
     "11bf9}\\x{11f02}-\\x{11f10}\\x{11f12}-\\x{11f35}\\x{11f3e}-\\x{11f3f}\\x{11f43}-\\x{11f59}"
     "\\x{1342f}\\x{13441}-\\x{13446}\\x{13460}-\\x{143fa}\\x{16100}-\\x{1611d}\\x{1612a}-\\x{"
     "1612c}\\x{16130}-\\x{16139}\\x{16d40}-\\x{16d79}\\x{18cff}\\x{1b132}\\x{1b155}\\x{1cc00}-\\x{"
     "1ccf9}\\x{1cd00}-\\x{1ceb3}\\x{1d2c0}-\\x{1d2d3}\\x{1df25}-\\x{1df2a}\\x{1e030}-\\x{1e06d}"
     "\\x{1e4d0}-\\x{1e4eb}\\x{1e4f0}-\\x{1e4f9}\\x{1e5d0}-\\x{1e5ed}\\x{1e5f0}-\\x{1e5fa}\\x{"
     "1e5ff}\\x{1f6dc}\\x{1f774}-\\x{1f776}\\x{1f77b}-\\x{1f77f}\\x{1f7d9}\\x{1f8b2}-\\x{1f8bb}\\x{"
     "1f8c0}-\\x{1f8c1}\\x{1fa75}-\\x{1fa77}\\x{1fa87}-\\x{1fa89}\\x{1fa8f}\\x{1faad}-\\x{1faaf}"
     "\\x{1fabb}-\\x{1fabf}\\x{1fac6}\\x{1face}-\\x{1facf}\\x{1fada}-\\x{1fadc}\\x{1fadf}\\x{1fae8}"
     "-\\x{1fae9}\\x{1faf7}-\\x{1faf8}\\x{1fbcb}-\\x{1fbef}\\x{2b739}\\x{2ebf0}-\\x{2ee5d}\\x{"
     "31350}-\\x{323af}",
     "\\x{cc0}\\x{cc7}-\\x{cc8}\\x{cca}-\\x{ccb}\\x{1715}\\x{1734}\\x{1b3b}\\x{1b3d}\\x{1b43}-\\x{"
     "1b44}\\x{1baa}\\x{1bf2}-\\x{1bf3}\\x{a953}\\x{a9c0}\\x{111c0}\\x{11235}\\x{1134d}\\x{116b6}"
     "\\x{1193d}\\x{16ff0}-\\x{16ff1}\\x{1d166}\\x{1d16d}"},
    {"Grapheme_Extend", "\\p{Grapheme_Extend}",
     "\\x{897}\\x{cc0}\\x{cc7}-\\x{cc8}\\x{cca}-\\x{ccb}\\x{ece}\\x{1715}\\x{1734}\\x{1b3b}\\x{"
     "1b3d}\\x{1b43}-\\x{1b44}\\x{1baa}\\x{1bf2}-\\x{1bf3}\\x{a953}\\x{a9c0}\\x{10d69}-\\x{10d6d}"
     "\\x{10efc}-\\x{10eff}\\x{111c0}\\x{11235}\\x{11241}\\x{1134d}\\x{113b8}\\x{113bb}-\\x{113c0}"
     "\\x{113c2}\\x{113c5}\\x{113c7}-\\x{113c9}\\x{113ce}-\\x{113d0}\\x{113d2}\\x{113e1}-\\x{113e2}"
     "\\x{116b6}\\x{1193d}\\x{11f00}-\\x{11f01}\\x{11f36}-\\x{11f3a}\\x{11f40}-\\x{11f42}\\x{11f5a}"
     "\\x{13440}\\x{13447}-\\x{13455}\\x{1611e}-\\x{16129}\\x{1612d}-\\x{1612f}\\x{16ff0}-\\x{"
     "16ff1}\\x{1d166}\\x{1d16d}\\x{1e08f}\\x{1e4ec}-\\x{1e4ef}\\x{1e5ee}-\\x{1e5ef}",
     "\\x{1171e}"},
    {"Grapheme_Link", "\\p{Grapheme_Link}", "\\x{113ce}-\\x{113d0}\\x{11f41}-\\x{11f42}\\x{1612f}",
     ""},
    {"Hex_Digit", "\\p{Hex_Digit}", "", ""},
    {"IDS_Binary_Operator", "\\p{IDS_Binary_Operator}", "\\x{2ffc}-\\x{2ffd}\\x{31ef}", ""},
    {"IDS_Trinary_Operator", "\\p{IDS_Trinary_Operator}", "", ""},
    {"ID_Continue", "\\p{ID_Continue}",
     "\\x{897}\\x{cf3}\\x{ece}\\x{1c89}-\\x{1c8a}\\x{200c}-\\x{200d}\\x{30fb}\\x{a7cb}-\\x{a7cd}"
     "\\x{a7da}-\\x{a7dc}\\x{ff65}\\x{105c0}-\\x{105f3}\\x{10d40}-\\x{10d65}\\x{10d69}-\\x{10d6d}"
     "\\x{10d6f}-\\x{10d85}\\x{10ec2}-\\x{10ec4}\\x{10efc}-\\x{10eff}\\x{1123f}-\\x{11241}\\x{"
     "11380}-\\x{11389}\\x{1138b}\\x{1138e}\\x{11390}-\\x{113b5}\\x{113b7}-\\x{113c0}\\x{113c2}\\x{"
     "113c5}\\x{113c7}-\\x{113ca}\\x{113cc}-\\x{113d3}\\x{113e1}-\\x{113e2}\\x{116d0}-\\x{116e3}"
     "\\x{11bc0}-\\x{11be0}\\x{11bf0}-\\x{11bf9}\\x{11f00}-\\x{11f10}\\x{11f12}-\\x{11f3a}\\x{"
     "11f3e}-\\x{11f42}\\x{11f50}-\\x{11f5a}\\x{1342f}\\x{13440}-\\x{13455}\\x{13460}-\\x{143fa}"
     "\\x{16100}-\\x{16139}\\x{16d40}-\\x{16d6c}\\x{16d70}-\\x{16d79}\\x{18cff}\\x{1b132}\\x{1b155}"
     "\\x{1ccf0}-\\x{1ccf9}\\x{1df25}-\\x{1df2a}\\x{1e030}-\\x{1e06d}\\x{1e08f}\\x{1e4d0}-\\x{"
     "1e4f9}\\x{1e5d0}-\\x{1e5fa}\\x{2b739}\\x{2ebf0}-\\x{2ee5d}\\x{31350}-\\x{323af}",
     ""},
    {"ID_Start", "\\p{ID_Start}",
     "\\x{1c89}-\\x{1c8a}\\x{a7cb}-\\x{a7cd}\\x{a7da}-\\x{a7dc}\\x{105c0}-\\x{105f3}\\x{10d4a}-\\x{"
     "10d65}\\x{10d6f}-\\x{10d85}\\x{10ec2}-\\x{10ec4}\\x{1123f}-\\x{11240}\\x{11380}-\\x{11389}"
     "\\x{1138b}\\x{1138e}\\x{11390}-\\x{113b5}\\x{113b7}\\x{113d1}\\x{113d3}\\x{11bc0}-\\x{11be0}"
     "\\x{11f02}\\x{11f04}-\\x{11f10}\\x{11f12}-\\x{11f33}\\x{1342f}\\x{13441}-\\x{13446}\\x{13460}"
     "-\\x{143fa}\\x{16100}-\\x{1611d}\\x{16d40}-\\x{16d6c}\\x{18cff}\\x{1b132}\\x{1b155}\\x{1df25}"
     "-\\x{1df2a}\\x{1e030}-\\x{1e06d}\\x{1e4d0}-\\x{1e4eb}\\x{1e5d0}-\\x{1e5ed}\\x{1e5f0}\\x{"
     "2b739}\\x{2ebf0}-\\x{2ee5d}\\x{31350}-\\x{323af}",
     ""},
    {"Ideographic", "\\p{Ideographic}",
     "\\x{18cff}\\x{2b739}\\x{2ebf0}-\\x{2ee5d}\\x{31350}-\\x{323af}", ""},
    {"Join_Control", "\\p{Join_Control}", "", ""},
    {"Logical_Order_Exception", "\\p{Logical_Order_Exception}", "", ""},
    {"Lowercase", "\\p{Lowercase}",
     "\\x{10fc}\\x{1c8a}\\x{a7cd}\\x{a7db}\\x{a7f2}-\\x{a7f4}\\x{ab69}\\x{10d70}-\\x{10d85}\\x{"
     "1df25}-\\x{1df2a}\\x{1e030}-\\x{1e06d}",
     ""},
    {"Math", "\\p{Math}", "\\x{10d8e}-\\x{10d8f}", ""},
    {"Noncharacter_Code_Point", "\\p{Noncharacter_Code_Point}", "", ""},
    {"Pattern_Syntax", "\\p{Pattern_Syntax}", "", ""},
    {"Pattern_White_Space", "\\p{Pattern_White_Space}", "", ""},
    {"Prepended_Concatenation_Mark", "\\p{Prepended_Concatenation_Mark}", "", ""},
    {"Quotation_Mark", "\\p{Quotation_Mark}", "", ""},
    {"Radical", "\\p{Radical}", "", ""},
    {"Regional_Indicator", "\\p{Regional_Indicator}", "", ""},
    {"Sentence_Terminal", "\\p{Sentence_Terminal}",
     "\\x{17d4}-\\x{17d5}\\x{1b4e}-\\x{1b4f}\\x{1b7f}\\x{2024}\\x{2cf9}-\\x{2cfb}\\x{fe12}\\x{fe15}"
     "-\\x{fe16}\\x{113d4}-\\x{113d5}\\x{11f43}-\\x{11f44}\\x{16d6e}-\\x{16d6f}",
     ""},
    {"Soft_Dotted", "\\p{Soft_Dotted}", "\\x{1e04c}-\\x{1e04d}\\x{1e068}", ""},
    {"Terminal_Punctuation", "\\p{Terminal_Punctuation}",
     "\\x{1b4e}-\\x{1b4f}\\x{1b7f}\\x{2024}\\x{2cf9}-\\x{2cfb}\\x{fe12}\\x{fe15}-\\x{fe16}\\x{"
     "113d4}-\\x{113d5}\\x{11f43}-\\x{11f44}\\x{16d6e}-\\x{16d6f}",
     "\\x{836}"},
    {"Unified_Ideograph", "\\p{Unified_Ideograph}",
     "\\x{2b739}\\x{2ebf0}-\\x{2ee5d}\\x{31350}-\\x{323af}", ""},
    {"Uppercase", "\\p{Uppercase}",
     "\\x{1c89}\\x{a7cb}-\\x{a7cc}\\x{a7da}\\x{a7dc}\\x{10d50}-\\x{10d65}", ""},
    {"Variation_Selector", "\\p{Variation_Selector}", "", ""},
    {"XID_Continue", "\\p{XID_Continue}",
     "\\x{897}\\x{cf3}\\x{ece}\\x{1c89}-\\x{1c8a}\\x{200c}-\\x{200d}\\x{30fb}\\x{a7cb}-\\x{a7cd}"
     "\\x{a7da}-\\x{a7dc}\\x{ff65}\\x{105c0}-\\x{105f3}\\x{10d40}-\\x{10d65}\\x{10d69}-\\x{10d6d}"
     "\\x{10d6f}-\\x{10d85}\\x{10ec2}-\\x{10ec4}\\x{10efc}-\\x{10eff}\\x{1123f}-\\x{11241}\\x{"
     "11380}-\\x{11389}\\x{1138b}\\x{1138e}\\x{11390}-\\x{113b5}\\x{113b7}-\\x{113c0}\\x{113c2}\\x{"
     "113c5}\\x{113c7}-\\x{113ca}\\x{113cc}-\\x{113d3}\\x{113e1}-\\x{113e2}\\x{116d0}-\\x{116e3}"
     "\\x{11bc0}-\\x{11be0}\\x{11bf0}-\\x{11bf9}\\x{11f00}-\\x{11f10}\\x{11f12}-\\x{11f3a}\\x{"
     "11f3e}-\\x{11f42}\\x{11f50}-\\x{11f5a}\\x{1342f}\\x{13440}-\\x{13455}\\x{13460}-\\x{143fa}"
     "\\x{16100}-\\x{16139}\\x{16d40}-\\x{16d6c}\\x{16d70}-\\x{16d79}\\x{18cff}\\x{1b132}\\x{1b155}"
     "\\x{1ccf0}-\\x{1ccf9}\\x{1df25}-\\x{1df2a}\\x{1e030}-\\x{1e06d}\\x{1e08f}\\x{1e4d0}-\\x{"
     "1e4f9}\\x{1e5d0}-\\x{1e5fa}\\x{2b739}\\x{2ebf0}-\\x{2ee5d}\\x{31350}-\\x{323af}",
     ""},
    {"XID_Start", "\\p{XID_Start}",
     "\\x{1c89}-\\x{1c8a}\\x{a7cb}-\\x{a7cd}\\x{a7da}-\\x{a7dc}\\x{105c0}-\\x{105f3}\\x{10d4a}-\\x{"
     "10d65}\\x{10d6f}-\\x{10d85}\\x{10ec2}-\\x{10ec4}\\x{1123f}-\\x{11240}\\x{11380}-\\x{11389}"
     "\\x{1138b}\\x{1138e}\\x{11390}-\\x{113b5}\\x{113b7}\\x{113d1}\\x{113d3}\\x{11bc0}-\\x{11be0}"
     "\\x{11f02}\\x{11f04}-\\x{11f10}\\x{11f12}-\\x{11f33}\\x{1342f}\\x{13441}-\\x{13446}\\x{13460}"
     "-\\x{143fa}\\x{16100}-\\x{1611d}\\x{16d40}-\\x{16d6c}\\x{18cff}\\x{1b132}\\x{1b155}\\x{1df25}"
     "-\\x{1df2a}\\x{1e030}-\\x{1e06d}\\x{1e4d0}-\\x{1e4eb}\\x{1e5d0}-\\x{1e5ed}\\x{1e5f0}\\x{"
     "2b739}\\x{2ebf0}-\\x{2ee5d}\\x{31350}-\\x{323af}",
     ""},
    {"Arabic", "\\p{sc:Arabic}", "\\x{897}\\x{10ec2}-\\x{10ec4}\\x{10efc}-\\x{10eff}", ""},
    {"Balinese", "\\p{sc:Balinese}", "\\x{1b4e}-\\x{1b4f}\\x{1b7f}", ""},
    {"Common", "\\p{sc:Common}",
     "\\x{2427}-\\x{2429}\\x{2ffc}-\\x{2fff}\\x{31e4}-\\x{31e5}\\x{31ef}\\x{1cc00}-\\x{1ccf9}\\x{"
     "1cd00}-\\x{1ceb3}\\x{1d2c0}-\\x{1d2d3}\\x{1f6dc}\\x{1f774}-\\x{1f776}\\x{1f77b}-\\x{1f77f}"
     "\\x{1f7d9}\\x{1f8b2}-\\x{1f8bb}\\x{1f8c0}-\\x{1f8c1}\\x{1fa75}-\\x{1fa77}\\x{1fa87}-\\x{"
     "1fa89}\\x{1fa8f}\\x{1faad}-\\x{1faaf}\\x{1fabb}-\\x{1fabf}\\x{1fac6}\\x{1face}-\\x{1facf}\\x{"
     "1fada}-\\x{1fadc}\\x{1fadf}\\x{1fae8}-\\x{1fae9}\\x{1faf7}-\\x{1faf8}\\x{1fbcb}-\\x{1fbef}",
     ""},
    {"Cyrillic", "\\p{sc:Cyrillic}", "\\x{1c89}-\\x{1c8a}\\x{1e030}-\\x{1e06d}\\x{1e08f}", ""},
    {"Devanagari", "\\p{sc:Devanagari}", "\\x{11b00}-\\x{11b09}", ""},
    {"Egyptian_Hieroglyphs", "\\p{sc:Egyptian_Hieroglyphs}",
     "\\x{1342f}\\x{13439}-\\x{13455}\\x{13460}-\\x{143fa}", ""},
    {"Garay", "", "\\x{10d40}-\\x{10d65}\\x{10d69}-\\x{10d85}\\x{10d8e}-\\x{10d8f}", ""},
    {"Gurung_Khema", "", "\\x{16100}-\\x{16139}", ""},
    {"Han", "\\p{sc:Han}", "\\x{2b739}\\x{2ebf0}-\\x{2ee5d}\\x{31350}-\\x{323af}", ""},
    {"Hiragana", "\\p{sc:Hiragana}", "\\x{1b132}", ""},
    {"Kannada", "\\p{sc:Kannada}", "\\x{cf3}", ""},
    {"Katakana", "\\p{sc:Katakana}", "\\x{1b155}", ""},
    {"Kawi", "", "\\x{11f00}-\\x{11f10}\\x{11f12}-\\x{11f3a}\\x{11f3e}-\\x{11f5a}", ""},
    {"Khitan_Small_Script", "\\p{sc:Khitan_Small_Script}", "\\x{18cff}", ""},
    {"Khojki", "\\p{sc:Khojki}", "\\x{1123f}-\\x{11241}", ""},
    {"Kirat_Rai", "", "\\x{16d40}-\\x{16d79}", ""},
    {"Lao", "\\p{sc:Lao}", "\\x{ece}", ""},
    {"Latin", "\\p{sc:Latin}", "\\x{a7cb}-\\x{a7cd}\\x{a7da}-\\x{a7dc}\\x{1df25}-\\x{1df2a}", ""},
    {"Myanmar", "\\p{sc:Myanmar}", "\\x{116d0}-\\x{116e3}", ""},
    {"Nag_Mundari", "", "\\x{1e4d0}-\\x{1e4f9}", ""},
    {"Ol_Onal", "", "\\x{1e5d0}-\\x{1e5fa}\\x{1e5ff}", ""},
    {"Sunuwar", "", "\\x{11bc0}-\\x{11be1}\\x{11bf0}-\\x{11bf9}", ""},
    {"Todhri", "", "\\x{105c0}-\\x{105f3}", ""},
    {"Tulu_Tigalari", "",
     "\\x{11380}-\\x{11389}\\x{1138b}\\x{1138e}\\x{11390}-\\x{113b5}\\x{113b7}-\\x{113c0}\\x{113c2}"
     "\\x{113c5}\\x{113c7}-\\x{113ca}\\x{113cc}-\\x{113d5}\\x{113d7}-\\x{113d8}\\x{113e1}-\\x{"
     "113e2}",
     ""},
};

}  // namespace

std::span<const UnicodeAddition> UnicodeAdditions() { return kAdditions; }

}  // namespace sotto
