"""A Llama forward pass in float64 with NumPy, written from the papers: shares no code with Sotto."""

import json
import pathlib

import numpy as np


def read_safetensors(path):
    data = pathlib.Path(path).read_bytes()
    size = int.from_bytes(data[:8], "little")
    header = json.loads(data[8:8 + size])
    tensors = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        begin, end = (8 + size + offset for offset in entry["data_offsets"])
        raw = data[begin:end]
        if entry["dtype"] == "BF16":
            values = (np.frombuffer(raw, "<u2").astype(np.uint32) << 16).view(np.float32)
        else:
            values = np.frombuffer(raw, {"F32": "<f4", "F16": "<f2"}[entry["dtype"]])
        tensors[name] = values.astype(np.float64).reshape(entry["shape"])
    return tensors


def inverse_frequencies(config, head_dim):
    frequencies = config.get("rope_theta", 10000.0) ** (-np.arange(0, head_dim, 2) / head_dim)
    scaling = config.get("rope_scaling")
    if not scaling:
        return frequencies
    assert scaling["rope_type"] == "llama3", scaling
    low, high = scaling["low_freq_factor"], scaling["high_freq_factor"]
    turns = scaling["original_max_position_embeddings"] * frequencies / (2 * np.pi)
    smooth = np.clip((turns - low) / (high - low), 0, 1)
    return frequencies / scaling["factor"] * (1 - smooth) + frequencies * smooth


class Llama:

    def __init__(self, directory):
        directory = pathlib.Path(directory)
        self.config = json.loads((directory / "config.json").read_text(encoding="utf-8"))
        self.weights = read_safetensors(directory / "model.safetensors")
        self.heads = self.config["num_attention_heads"]
        self.kv_heads = self.config["num_key_value_heads"]
        self.head_dim = self.config.get("head_dim") or self.config["hidden_size"] // self.heads

    def norm(self, x, name):
        scale = np.sqrt((x * x).mean(-1, keepdims=True) + self.config["rms_norm_eps"])
        return x / scale * self.weights[name]

    def rotated(self, x):
        """RoPE over [heads, positions, head_dim], halves rotated as in Hugging Face's layout."""
        half = self.head_dim // 2
        angles = np.outer(np.arange(x.shape[1]), inverse_frequencies(self.config, self.head_dim))
        cos, sin = np.cos(angles), np.sin(angles)
        a, b = x[..., :half], x[..., half:]
        return np.concatenate([a * cos - b * sin, b * cos + a * sin], -1)

    def attention(self, x, prefix):
        def heads(name, count):
            y = x @ self.weights[f"{prefix}.{name}_proj.weight"].T
            return y.reshape(len(x), count, self.head_dim).transpose(1, 0, 2)
        q, k = self.rotated(heads("q", self.heads)), self.rotated(heads("k", self.kv_heads))
        v = heads("v", self.kv_heads)
        group = self.heads // self.kv_heads
        scores = q @ np.repeat(k, group, 0).transpose(0, 2, 1) / np.sqrt(self.head_dim)
        scores[:, np.triu(np.ones((len(x), len(x)), bool), 1)] = -np.inf
        scores = np.exp(scores - scores.max(-1, keepdims=True))
        out = scores / scores.sum(-1, keepdims=True) @ np.repeat(v, group, 0)
        return out.transpose(1, 0, 2).reshape(len(x), -1) @ self.weights[f"{prefix}.o_proj.weight"].T

    def logits(self, ids):
        """[positions, vocabulary]"""
        embedding = self.weights["model.embed_tokens.weight"]
        x = embedding[np.array(ids)]
        for i in range(self.config["num_hidden_layers"]):
            layer = f"model.layers.{i}"
            x = x + self.attention(self.norm(x, f"{layer}.input_layernorm.weight"), f"{layer}.self_attn")
            y = self.norm(x, f"{layer}.post_attention_layernorm.weight")
            gate = y @ self.weights[f"{layer}.mlp.gate_proj.weight"].T
            up = y @ self.weights[f"{layer}.mlp.up_proj.weight"].T
            x = x + (gate / (1 + np.exp(-gate)) * up) @ self.weights[f"{layer}.mlp.down_proj.weight"].T
        return self.norm(x, "model.norm.weight") @ self.weights.get("lm_head.weight", embedding).T

    def logprobs(self, ids):
        """Of every token of the vocabulary after each position."""
        logits = self.logits(ids)
        shifted = logits - logits.max(-1, keepdims=True)
        return shifted - np.log(np.exp(shifted).sum(-1, keepdims=True))
