"""Transformers of bench_sequences.py: next items by causal self-attention.

Two kinds of layers, one loss:

- "sasrec": self-attention and a feed-forward network, each after a layer norm and added
  to its input (Kang and McAuley, ICDM 2018);
- "ligr": the same with SwiGLU, each part multiplied by a gate before it is added
  (Borisyuk et al., LiGR, 2025): the layers of eSASRec (Tikhonovich et al., RecSys
  2025).

The loss is a softmax over the next item and uniformly drawn negatives, which the
positions of a batch share. Inputs and outputs use one embedding. Trained by
`lstm_peer.train`.
"""

from __future__ import annotations

import torch
from lstm_peer import PAD, pad
from torch import nn


class Layer(nn.Module):
    """Causal self-attention and a feed-forward network, with residual connections."""

    def __init__(self, d, n_heads, dropout, gated):
        super().__init__()
        self.n_heads, self.gated = n_heads, gated
        self.norms = nn.ModuleList([nn.LayerNorm(d) for _ in range(2)])
        self.qkv = nn.Linear(d, 3 * d)
        self.out = nn.Linear(d, d)
        width = 2 * d if gated else d
        self.up = nn.Linear(d, 2 * width if gated else width)
        self.down = nn.Linear(width, d)
        self.gates = nn.ModuleList([nn.Linear(d, d) for _ in range(2 * gated)])
        self.dropout = nn.Dropout(dropout)

    def attention(self, x):
        """Mix each position with the earlier ones."""
        n, t, d = x.shape
        parts = self.qkv(x).view(n, t, 3, self.n_heads, d // self.n_heads)
        q, k, v = parts.permute(2, 0, 3, 1, 4)
        p = self.dropout.p if self.training else 0.0
        mixed = nn.functional.scaled_dot_product_attention(
            q, k, v, is_causal=True, dropout_p=p
        )
        return self.out(mixed.transpose(1, 2).reshape(n, t, d))

    def feed_forward(self, x):
        """ReLU network, or SwiGLU where gated."""
        x = self.up(x)
        if not self.gated:
            return self.down(self.dropout(torch.relu(x)))
        x, gate = x.chunk(2, dim=-1)
        return self.down(self.dropout(x * nn.functional.silu(gate)))

    def forward(self, x):
        """States of the next layer."""
        for i, part in enumerate((self.attention, self.feed_forward)):
            change = self.dropout(part(self.norms[i](x)))
            x = x + (change * torch.sigmoid(self.gates[i](x)) if self.gated else change)
        return x


class NextItemTransformer(nn.Module):
    """Scores of all items after the last step of a session."""

    def __init__(
        self,
        n_items,
        layers="sasrec",
        *,
        d=64,
        n_layers=2,
        n_heads=2,
        dropout=0.5,
        longest=50,
        n_negatives=512,
    ):
        super().__init__()
        self.n_items, self.longest, self.n_negatives = n_items, longest, n_negatives
        self.embedding = nn.Embedding(n_items + 1, d, padding_idx=PAD)
        self.position = nn.Embedding(longest, d)
        for table in (self.embedding, self.position):
            nn.init.normal_(table.weight, std=0.02)
        self.dropout = nn.Dropout(dropout)
        gated = layers == "ligr"
        self.layers = nn.ModuleList(
            [Layer(d, n_heads, dropout, gated) for _ in range(n_layers)]
        )
        self.norm = nn.LayerNorm(d)

    def states(self, x):
        """State after every step."""
        there = (x != PAD).unsqueeze(-1)
        h = self.embedding(x) + self.position.weight[: x.shape[1]]
        h = self.dropout(h) * there
        for layer in self.layers:
            h = layer(h)
        return self.norm(h)

    def loss(self, rows):
        """Cross-entropy of the next items among sampled ones."""
        x, _ = pad([r[-self.longest - 1 :] for r in rows])
        following = x[:, 1:]
        there = following != PAD
        states, following = self.states(x[:, :-1])[there], following[there]
        negatives = torch.randint(1, self.n_items + 1, (self.n_negatives,))
        positive = (states * self.embedding(following)).sum(dim=1, keepdim=True)
        negative = states @ self.embedding(negatives).T
        same = following[:, None] == negatives
        logits = torch.cat([positive, negative.masked_fill(same, -1e9)], dim=1)
        return nn.functional.cross_entropy(
            logits, torch.zeros(len(logits), dtype=torch.long)
        )

    @torch.no_grad()
    def scores(self, rows):
        """Scores of all items after each session, as an array."""
        x, lengths = pad([r[-self.longest :] for r in rows])
        last = self.states(x)[torch.arange(len(rows)), lengths - 1]
        return (last @ self.embedding.weight[1:].T).numpy()
