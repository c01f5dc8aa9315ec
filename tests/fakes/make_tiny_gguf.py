#!/usr/bin/env python3
"""Make tiny GGUF models for tests. Needs only numpy and the `gguf` package; no torch, no download.

Usage
  python make_tiny_gguf.py chat  tiny-chat.gguf  [--dtype f16|q8_0] [--ctx 8192] [--history 6]
  python make_tiny_gguf.py embed tiny-embed.gguf [--dim 256]
  python make_tiny_gguf.py shape bench.gguf --preset qwen2.5-0.5b --quant q4_k_m   (random weights, speed tests)

`chat` is a hand-built (not trained) two-layer llama-architecture model.  Layer 1 has one head per
distance 1..k that copies the identity of the k previous tokens; layer 2 is an induction head that looks for
the place in the context whose last k tokens fit best (the nearest of equals) and emits what followed there.  With greedy
sampling (temperature 0) the model is deterministic and does something a test can check:

  * a "[1]" stands in the prompt  ->  "<text after the last [1]> [1]" + EOS, i.e. it quotes the first numbered
    passage (up to the next "[2]".."[9]" mark, a blank line, or the end of the message) and cites it;
  * no "[1]" in the prompt        ->  "You said:<the last user message>" + EOS;
  * FIM prompt (/infill)          ->  "return None  # filled" + EOS.

Copying goes astray where the same k+1 tokens in a row also stand nearer (say, in the question): vary the words.
It follows chat markup (<|system|> <|user|> <|assistant|> <|tool|> ... <|end|>) and carries a jinja chat
template in its metadata.  It is NOT a language model: use it for streaming, stop, cancel, slots, cache,
token counting, citations and error paths, never for quality.

`embed` is a bert-architecture model whose layer does nothing: mean-pooled random word vectors, so texts that
share words are close (a lexical stand-in for a real embedder).  WordPiece vocabulary, lower-cased.
"""

from __future__ import annotations

import argparse
import itertools

import gguf
import numpy as np
from gguf import GGMLQuantizationType as QT

# ----------------------------------------------------------------------------------------------- vocabulary
WORDS = """
the of and to in is that it for was on are as with his they at be this have from or one had by word but not
what all were we when your can said there use an each which she do how their if will up other about out many
then them these so some her would make like him into time has look two more write go see number no way could
people my than first water been call who oil its now find long down day did get come made may part over new
sound take only little work know place year live me back give most very after thing our just name good
sentence man think say great where help through much before line right too mean old any same tell boy follow
came want show also around form three small set put end does another well large must big even such because
turn here why ask went men read need land different home us move try kind hand picture again change off play
spell air away animal house point page letter mother answer found study still learn should world
document documents file files code function class return import def self none true false value string list
index search query result results model token tokens context source sources passage section chapter table
question server client request response error message user system assistant data test key door blue red green
white black office room floor open close start stop run install update version configure setting settings
password account policy report project team meeting date monday tuesday wednesday thursday friday january
february march april june july august september october november december price cost total amount invoice
payment customer company contract employee holiday days weeks months years hours minutes city country capital
""".split()
SUFFIXES = "ing ed er est ly ness ment tion able ful less ity ive al ers ings ation".split()


def byte_alphabet() -> dict[int, str]:
    """The usual printable stand-ins for the 256 bytes (byte-level BPE)."""
    keep = list(range(33, 127)) + list(range(161, 173)) + list(range(174, 256))
    table, extra = {}, 0
    for b in range(256):
        if b in keep:
            table[b] = chr(b)
        else:
            table[b] = chr(256 + extra)
            extra += 1
    return table


def train_bpe(n_merges: int) -> tuple[list[str], list[str]]:
    """A small deterministic BPE over a fixed word list; returns (tokens, merges)."""
    alpha = byte_alphabet()

    def enc(s):
        return tuple(alpha[b] for b in s.encode())

    corpus: dict[tuple, int] = {}
    for rank, w in enumerate(WORDS):
        weight = 2000 // (rank + 10) + 3
        for form, f in ((" " + w, 4), (w, 1), (" " + w.capitalize(), 2), (w.capitalize(), 1)):
            corpus[enc(form)] = corpus.get(enc(form), 0) + weight * f
    for s in SUFFIXES:
        corpus[enc(s)] = 20
    for s in ("  ", "    ", "\n\n", "...", "->", "==", "):", "()", "//", "::"):
        corpus[enc(s)] = 3000
    tokens, merges = [alpha[b] for b in range(256)], []
    seen = set(tokens)
    while len(merges) < n_merges:
        pairs: dict[tuple, int] = {}
        for sym, f in corpus.items():
            for p in itertools.pairwise(sym):
                pairs[p] = pairs.get(p, 0) + f
        if not pairs:
            break
        best = max(pairs, key=lambda p: (pairs[p], p))
        merges.append(" ".join(best))
        joined = best[0] + best[1]
        if joined not in seen:
            seen.add(joined)
            tokens.append(joined)
        new = {}
        for sym, f in corpus.items():
            out, i = [], 0
            while i < len(sym):
                if i + 1 < len(sym) and (sym[i], sym[i + 1]) == best:
                    out.append(joined)
                    i += 2
                else:
                    out.append(sym[i])
                    i += 1
            out = tuple(out)
            new[out] = new.get(out, 0) + f
        corpus = new
    return tokens, merges


CHAT_TEMPLATE = (
    "{{ bos_token }}"
    "{% if tools %}<|system|>\nTools: {{ tools | tojson }}<|end|>\n{% endif %}"
    "{% for m in messages %}"
    "<|{{ m['role'] }}|>\n"
    "{% if m['content'] is string %}{{ m['content'] }}{% elif m['content'] %}"
    "{% for p in m['content'] %}{% if p['type'] == 'text' %}{{ p['text'] }}{% endif %}{% endfor %}{% endif %}"
    "{% if m['tool_calls'] %}{{ m['tool_calls'] | tojson }}{% endif %}"
    "<|end|>\n"
    "{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)


def spread_codes(n: int, dim: int, rng: np.random.Generator, steps: int = 200) -> np.ndarray:
    """n unit vectors pushed apart, so that the largest cross product is small."""
    x = rng.standard_normal((n, dim)).astype(np.float32)
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    for _ in range(steps):
        g = x @ x.T
        np.fill_diagonal(g, 0)
        w = np.sign(g) * np.clip(np.abs(g) - 0.25, 0, None)
        x -= 0.05 * (w @ x)
        x /= np.linalg.norm(x, axis=1, keepdims=True)
    return x


def quantize(a: np.ndarray, dtype: str):
    a = np.ascontiguousarray(a, dtype=np.float32)
    if dtype == "q8_0" and a.ndim == 2 and a.shape[1] % 32 == 0:
        return gguf.quants.quantize(a, QT.Q8_0), QT.Q8_0
    if dtype == "f16" and a.ndim == 2:
        return a.astype(np.float16), QT.F16
    return a, QT.F32


def make_chat(path: str, dtype: str, n_ctx: int, k: int, seed: int = 7) -> None:
    rng = np.random.default_rng(seed)
    alpha = byte_alphabet()

    def enc(s):
        return "".join(alpha[b] for b in s.encode())

    tokens, merges = train_bpe(900)
    types = [gguf.TokenType.NORMAL] * len(tokens)

    def add(text: str, kind, raw: bool = True) -> int:
        tokens.append(text if raw else enc(text))
        types.append(kind)
        return len(tokens) - 1

    CTRL, USER = gguf.TokenType.CONTROL, gguf.TokenType.USER_DEFINED
    bos, eos, pad = add("<|begin|>", CTRL), add("<|end|>", CTRL), add("<|pad|>", CTRL)
    role = {r: add(f"<|{r}|>", CTRL) for r in ("system", "user", "assistant", "tool")}
    fim_pre, fim_suf, fim_mid = (add(f"<|fim_{x}|>", CTRL) for x in ("prefix", "suffix", "middle"))
    marks = [add(f"[{i}]", USER) for i in range(1, 10)]

    # Private pieces: no merge rule makes them, so text never tokenises to them; only the model emits them.
    def priv(s):
        return add(s, gguf.TokenType.NORMAL, raw=False)

    p_cite, p_said, p_fim1, p_fim2 = priv(" [1]"), priv("You said:"), priv("return None"), priv("  # filled")
    while len(tokens) % 32:
        add(f"<|unused_{len(tokens)}|>", CTRL)
    V = len(tokens)

    chain = {p_cite: eos, fim_mid: p_fim1, p_fim1: p_fim2, p_fim2: eos}
    redirect = {role["assistant"]: marks[0], p_said: role["user"]}  # what the look-up searches for instead of itself
    stops = set(marks[1:]) | {tokens.index(enc("\n\n"))}  # a copied stop turns into the citation
    silent = {bos, pad, *role.values(), fim_pre, fim_suf, fim_mid}

    c = 40  # dims of one token code
    o_id, o_q, o_p, o_c = 0, c, 2 * c, (2 + k) * c  # identity, search code, previous 1..k, copied
    o_x = (3 + k) * c  # constant, is-bos, chain flags
    D = -(-(o_x + 24) // 32) * 32
    fast = 96  # first dims rotate; the rest (content) hardly do
    hd = k * c + fast
    H, KV, FF = k, 1, 32
    codes = spread_codes(V, c, rng)

    emb = np.zeros((V, D), np.float32)
    emb[:, o_id : o_id + c] = codes
    emb[:, o_q : o_q + c] = codes
    for t, target in redirect.items():
        emb[t, o_q : o_q + c] = codes[target]
    for t in stops:  # as a copied value, every stop is the citation piece
        emb[t, o_id : o_id + c] = codes[p_cite]
    emb[:, o_x] = 1.0
    emb[bos, o_x + 1] = 1.0
    flag = {t: o_x + 2 + i for i, t in enumerate(chain)}
    for t, d in flag.items():
        emb[t, d] = 1.0

    out = np.zeros((V, D), np.float32)
    live = [t for t in range(V) if t not in stops and t not in silent]
    out[live, o_c : o_c + c] = codes[live]
    out[p_said, o_c : o_c + c] = codes[bos]  # nothing found (look-up fell on BOS) -> "You said:"
    for t, nxt in chain.items():
        out[nxt, flag[t]] += 6.0
    out *= 4.0

    base = 1e25  # theta_i = base**(-2i/hd): from 1 down to ~0
    theta = base ** (-2.0 * np.arange(hd // 2) / hd)

    def zeros(r, cc):
        return np.zeros((r, cc), np.float32)

    # layer 1: head m looks m+1 tokens back and writes that token's identity into slot m
    n1 = np.sqrt(D / 3.0)  # size of a unit part after RMS norm (id + search + const)
    q1, k1, v1, w1 = zeros(H * hd, D), zeros(KV * hd, D), zeros(KV * hd, D), zeros(D, H * hd)
    npair = 12
    gain = 22.0 * np.sqrt(hd) / (n1 * n1)
    for i in range(npair):
        for m in range(k):
            q1[m * hd + 2 * i, o_x] = gain * np.cos(-(m + 1) * theta[i])
            q1[m * hd + 2 * i + 1, o_x] = gain * np.sin(-(m + 1) * theta[i])
    k1[2 * np.arange(npair), o_x] = 1.0
    v1[np.arange(c), o_id + np.arange(c)] = 1.0 / n1
    for m in range(k):
        w1[o_p + m * c + np.arange(c), m * hd + np.arange(c)] = 1.0

    # layer 2: one induction head; compares (search, prev1..prev k-1) with (prev1..prev k) of every place
    n2 = np.sqrt(D / (3.0 + k))
    q2, k2, v2, w2 = zeros(H * hd, D), zeros(KV * hd, D), zeros(KV * hd, D), zeros(D, H * hd)
    unit = np.sqrt(hd) / (n2 * n2)
    ar = np.arange(c)
    alias = np.eye(c, dtype=np.float32)  # in the history too, a redirected token counts as its target
    for t, target in redirect.items():
        alias += np.outer(codes[target] - codes[t], codes[t])
    alias += np.outer(
        codes[p_cite], codes[tokens.index(enc("\n"))]
    )  # "\n" also fits a blank line: a mark at line start
    for m in range(k):
        strength = 140.0 if m == 0 else 6.0
        src = o_q if m == 0 else o_p + (m - 1) * c
        q2[fast + m * c : fast + (m + 1) * c, src : src + c] = strength * unit * (alias if m else np.eye(c))
        k2[fast + m * c + ar, o_p + m * c + ar] = 1.0
    # the sink: BOS gets a fixed score, above any non-match and below any match
    q2[fast - 2, o_x] = 104.0 * unit
    k2[fast - 2, o_x + 1] = 1.0
    # of several matches the nearest wins: two slow cosines of the distance
    for th, amp in ((3e-3, 6.0), (6e-4, 4.0)):
        i = int(np.argmin(np.abs(np.log(theta) - np.log(th))))
        q2[2 * i, o_x] = amp * unit
        k2[2 * i, o_x], k2[2 * i, o_x + 1] = 1.0, -1.0
    v2[ar, o_id + ar] = 1.0 / n2
    w2[o_c + ar, ar] = 2.0

    w = gguf.GGUFWriter(path, "llama")
    w.add_name("tiny-copy-chat")
    w.add_description("hand-built copying model for tests; not a language model")
    w.add_license("CC0-1.0")
    w.add_context_length(n_ctx)
    w.add_embedding_length(D)
    w.add_block_count(2)
    w.add_feed_forward_length(FF)
    w.add_head_count(H)
    w.add_head_count_kv(KV)
    w.add_key_length(hd)
    w.add_value_length(hd)
    w.add_rope_dimension_count(hd)
    w.add_rope_freq_base(base)
    w.add_layer_norm_rms_eps(1e-6)
    w.add_vocab_size(V)
    w.add_file_type(gguf.LlamaFileType.MOSTLY_Q8_0 if dtype == "q8_0" else gguf.LlamaFileType.MOSTLY_F16)
    w.add_tokenizer_model("gpt2")
    w.add_tokenizer_pre("qwen2")  # splits "\n\n" and single digits off as pieces of their own
    w.add_token_list(tokens)
    w.add_token_types(types)
    w.add_token_merges(merges)
    w.add_bos_token_id(bos)
    w.add_eos_token_id(eos)
    w.add_eot_token_id(eos)
    w.add_pad_token_id(pad)
    w.add_add_bos_token(True)
    w.add_uint32("tokenizer.ggml.fim_pre_token_id", fim_pre)
    w.add_uint32("tokenizer.ggml.fim_suf_token_id", fim_suf)
    w.add_uint32("tokenizer.ggml.fim_mid_token_id", fim_mid)
    w.add_chat_template(CHAT_TEMPLATE)

    def put(name, a):
        data, qt = quantize(a, dtype)
        w.add_tensor(name, data, raw_dtype=qt)

    ones = np.ones(D, np.float32)
    put("token_embd.weight", emb)
    put("output_norm.weight", ones)
    put("output.weight", out)
    for b, (q, kk, v, o) in enumerate(((q1, k1, v1, w1), (q2, k2, v2, w2))):
        put(f"blk.{b}.attn_norm.weight", ones)
        put(f"blk.{b}.attn_q.weight", q)
        put(f"blk.{b}.attn_k.weight", kk)
        put(f"blk.{b}.attn_v.weight", v)
        put(f"blk.{b}.attn_output.weight", o)
        put(f"blk.{b}.ffn_norm.weight", ones)
        put(f"blk.{b}.ffn_gate.weight", zeros(FF, D))
        put(f"blk.{b}.ffn_up.weight", zeros(FF, D))
        put(f"blk.{b}.ffn_down.weight", zeros(D, FF))
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()
    g = codes @ codes.T
    np.fill_diagonal(g, 0)
    print(f"{path}: vocab {V}, dim {D}, head {hd}x{H}, largest code overlap {np.abs(g).max():.2f}")


# ------------------------------------------------------------------------------------------------- embedder
def make_embed(path: str, D: int, seed: int = 11) -> None:
    rng = np.random.default_rng(seed)
    specials = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    chars = [chr(i) for i in range(33, 127) if not chr(i).isupper()]
    pieces = list(dict.fromkeys(chars + sorted(set(WORDS))))
    cont = list(
        dict.fromkeys(
            [ch for ch in chars if ch.isalnum()]
            + SUFFIXES
            + [
                "s",
                "es",
                "th",
                "he",
                "an",
                "in",
                "er",
                "on",
                "re",
                "at",
                "en",
                "or",
                "st",
                "nd",
                "ou",
                "it",
                "ar",
                "ro",
                "li",
                "ri",
                "io",
                "ic",
                "ne",
                "de",
            ]
        )
    )
    tokens = specials + ["\u2581" + p for p in pieces] + cont
    types = [gguf.TokenType.CONTROL] * 5 + [gguf.TokenType.NORMAL] * (len(tokens) - 5)
    types[1] = gguf.TokenType.UNKNOWN
    V, L, FF, n_ctx = len(tokens), 1, 32, 512
    w = gguf.GGUFWriter(path, "bert")
    w.add_name("tiny-bag-embed")
    w.add_license("CC0-1.0")
    w.add_context_length(n_ctx)
    w.add_embedding_length(D)
    w.add_block_count(L)
    w.add_feed_forward_length(FF)
    w.add_head_count(4)
    w.add_layer_norm_eps(1e-12)
    w.add_causal_attention(False)
    w.add_pooling_type(gguf.PoolingType.MEAN)
    w.add_vocab_size(V)
    w.add_tokenizer_model("bert")
    w.add_tokenizer_pre("default")
    w.add_token_type_count(2)
    w.add_token_list(tokens)
    w.add_token_types(types)
    w.add_pad_token_id(0)
    w.add_unk_token_id(1)
    w.add_sep_token_id(3)
    w.add_mask_token_id(4)
    w.add_bos_token_id(2)
    w.add_eos_token_id(3)
    emb = rng.standard_normal((V, D)).astype(np.float32)
    emb[:5] = 0.0

    def z(*s):
        return np.zeros(s, np.float32)

    one = np.ones(D, np.float32)

    def put(name, a):
        data, qt = quantize(a, "f16")
        w.add_tensor(name, data, raw_dtype=qt)

    put("token_embd.weight", emb)
    w.add_tensor("position_embd.weight", z(n_ctx, D))
    w.add_tensor("token_types.weight", z(2, D))
    put("token_embd_norm.weight", one)
    put("token_embd_norm.bias", z(D))
    for n in ("attn_q", "attn_k", "attn_v", "attn_output"):
        put(f"blk.0.{n}.weight", z(D, D))
        put(f"blk.0.{n}.bias", z(D))
    put("blk.0.attn_output_norm.weight", one)
    put("blk.0.attn_output_norm.bias", z(D))
    put("blk.0.ffn_up.weight", z(FF, D))
    put("blk.0.ffn_up.bias", z(FF))
    put("blk.0.ffn_down.weight", z(D, FF))
    put("blk.0.ffn_down.bias", z(D))
    put("blk.0.layer_output_norm.weight", one)
    put("blk.0.layer_output_norm.bias", z(D))
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()
    print(f"{path}: vocab {V}, dim {D}")


# ------------------------------------------------------------------- random weights in a real model's shape
SHAPES = {  # arch, layers, dim, ffn, heads, kv heads, head dim, vocab, tied output
    "qwen2.5-0.5b": ("qwen2", 24, 896, 4864, 14, 2, 64, 151936, True),
    "qwen2.5-1.5b": ("qwen2", 28, 1536, 8960, 12, 2, 128, 151936, True),
    "llama3.2-1b": ("llama", 16, 2048, 8192, 32, 8, 64, 128256, True),
    "qwen2.5-7b": ("qwen2", 28, 3584, 18944, 28, 4, 128, 152064, False),
}


def random_blocks(rng, rows: int, cols: int, qt: QT) -> np.ndarray:
    """Random bytes in a block format with sane scales: same speed and size as real weights."""

    def f16(x):
        return np.frombuffer(np.float16(x).tobytes(), np.uint8)

    block, size = gguf.GGML_QUANT_SIZES[qt]
    if cols % block:
        raise ValueError(f"{cols} is not a multiple of {block} for {qt.name}")
    n = rows * cols // block
    b = rng.integers(0, 256, (n, size), dtype=np.uint8)
    if qt in (QT.Q4_K, QT.Q5_K):
        b[:, 0:2] = f16(2e-5)
        b[:, 2:4] = f16(1.5e-4)
    elif qt == QT.Q6_K:
        b[:, 208:210] = f16(1e-5)
    elif qt in (QT.Q8_0, QT.Q4_0, QT.Q5_0):
        b[:, 0:2] = f16({QT.Q8_0: 2e-4, QT.Q4_0: 3e-3, QT.Q5_0: 1.5e-3}[qt])
    else:
        raise ValueError(qt)
    return b.reshape(rows, -1)


def make_shape(path: str, preset: str, quant: str, n_ctx: int, seed: int = 3) -> None:
    arch, L, D, FF, H, KV, hd, V, tied = SHAPES[preset]
    rng = np.random.default_rng(seed)
    base_tokens, merges = train_bpe(900)
    tokens = base_tokens + ["<|begin|>", "<|end|>", "<|system|>", "<|user|>", "<|assistant|>", "<|tool|>"]
    n = len(tokens)
    tokens += [f"<|x{i}|>" for i in range(V - n)]
    types = (
        [gguf.TokenType.NORMAL] * len(base_tokens) + [gguf.TokenType.CONTROL] * 6 + [gguf.TokenType.NORMAL] * (V - n)
    )

    def pick(name: str, layer: int, cols: int) -> QT:
        if quant == "q4_k_m":  # llama.cpp: half of the attn_v / ffn_down tensors get Q6_K, the output too
            more = layer < L // 8 or layer >= 7 * L // 8 or (layer - L // 8) % 3 == 2
            q = QT.Q6_K if name == "out" or (name in ("v", "down") and more) else QT.Q4_K
            if cols % 256:  # row size does not divide: the fallback llama.cpp uses
                q = QT.Q8_0 if q == QT.Q6_K else QT.Q5_0
            return q
        return {"q8_0": QT.Q8_0, "q4_0": QT.Q4_0}[quant]

    w = gguf.GGUFWriter(path, arch)
    w.add_name(f"random-{preset}-{quant}")
    w.add_context_length(n_ctx)
    w.add_embedding_length(D)
    w.add_block_count(L)
    w.add_feed_forward_length(FF)
    w.add_head_count(H)
    w.add_head_count_kv(KV)
    if arch == "llama":
        w.add_rope_dimension_count(hd)
    w.add_rope_freq_base(1e6)
    w.add_layer_norm_rms_eps(1e-6)
    w.add_vocab_size(V)
    w.add_tokenizer_model("gpt2")
    w.add_tokenizer_pre("gpt-2")
    w.add_token_list(tokens)
    w.add_token_types(types)
    w.add_token_merges(merges)
    w.add_bos_token_id(len(base_tokens))
    w.add_eos_token_id(len(base_tokens) + 1)
    w.add_add_bos_token(False)
    w.add_chat_template(CHAT_TEMPLATE.replace("{{ bos_token }}", ""))

    def put(name, kind, layer, rows, cols):
        qt = pick(kind, layer, cols)
        w.add_tensor(name, random_blocks(rng, rows, cols, qt), raw_dtype=qt)

    def ones(d):
        return np.ones(d, np.float32)

    put("token_embd.weight", "out" if tied else "emb", 0, V, D)
    w.add_tensor("output_norm.weight", ones(D))
    if not tied:
        put("output.weight", "out", 0, V, D)
    for b in range(L):
        p = f"blk.{b}."
        w.add_tensor(p + "attn_norm.weight", ones(D))
        w.add_tensor(p + "ffn_norm.weight", ones(D))
        put(p + "attn_q.weight", "q", b, H * hd, D)
        put(p + "attn_k.weight", "k", b, KV * hd, D)
        put(p + "attn_v.weight", "v", b, KV * hd, D)
        put(p + "attn_output.weight", "o", b, D, H * hd)
        if arch == "qwen2":
            for nme, d in (("q", H * hd), ("k", KV * hd), ("v", KV * hd)):
                w.add_tensor(p + f"attn_{nme}.bias", np.zeros(d, np.float32))
        put(p + "ffn_gate.weight", "gate", b, FF, D)
        put(p + "ffn_up.weight", "up", b, FF, D)
        put(p + "ffn_down.weight", "down", b, D, FF)
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()
    print(path)


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("what", choices=("chat", "embed", "shape"))
    ap.add_argument("path")
    ap.add_argument("--dtype", default="q8_0", choices=("f16", "q8_0"))
    ap.add_argument("--ctx", type=int, default=8192)
    ap.add_argument("--history", type=int, default=6)
    ap.add_argument("--dim", type=int, default=256)
    ap.add_argument("--preset", default="qwen2.5-0.5b", choices=sorted(SHAPES))
    ap.add_argument("--quant", default="q4_k_m", choices=("q4_k_m", "q8_0", "q4_0"))
    a = ap.parse_args()
    if a.what == "chat":
        make_chat(a.path, a.dtype, a.ctx, a.history)
    elif a.what == "embed":
        make_embed(a.path, a.dim)
    else:
        make_shape(a.path, a.preset, a.quant, a.ctx)


if __name__ == "__main__":
    main()
