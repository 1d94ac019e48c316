"""The peers of bench_sequences.py in PyTorch: LSTMs trained until validation stops.

- `NextItemLSTM`: embedding, LSTM, linear layer over all items.
- `SeedLSTM`: source and target embeddings, one shared LSTM, concatenation, linear
  classifier: the model that the package takes the place of.

Both are trained with Adam and cross-entropy; see `train`.
"""

from __future__ import annotations

import copy
import time

import numpy as np
import torch
from torch import nn

PAD = 0  # ids of items and words start at 1


class NextItemLSTM(nn.Module):
    """Scores of all items after every step of a session."""

    def __init__(self, n_items, d=100, dropout=0.0):
        super().__init__()
        self.embedding = nn.Embedding(n_items + 1, d, padding_idx=PAD)
        self.dropout = nn.Dropout(dropout)
        self.lstm = nn.LSTM(d, d, batch_first=True)
        self.linear = nn.Linear(d, n_items)

    def states(self, x):
        """State after every step."""
        return self.dropout(self.lstm(self.dropout(self.embedding(x)))[0])

    def loss(self, rows):
        """Cross-entropy of the next items."""
        x, _ = pad(rows)
        states = self.states(x[:, :-1])
        there = x[:, 1:] != PAD
        return nn.functional.cross_entropy(
            self.linear(states[there]), x[:, 1:][there] - 1
        )

    @torch.no_grad()
    def scores(self, rows):
        """Scores after every step that has a next one, session by session."""
        x, _ = pad(rows)
        return self.linear(self.states(x[:, :-1])[x[:, 1:] != PAD]).numpy()


class SeedLSTM(nn.Module):
    """Two embeddings of a sequence through one LSTM, side by side, classified."""

    def __init__(self, n_ids, n_classes, d=100, dropout=0.0):
        super().__init__()
        self.source = nn.Embedding(n_ids + 1, d, padding_idx=PAD)
        self.target = nn.Embedding(n_ids + 1, d, padding_idx=PAD)
        self.dropout = nn.Dropout(dropout)
        self.lstm = nn.LSTM(d, d, batch_first=True)
        self.linear = nn.Linear(2 * d, n_classes)

    def logits(self, rows):
        """Logits of the classes."""
        x, lengths = pad(rows)
        packed = [
            nn.utils.rnn.pack_padded_sequence(
                self.dropout(embedding(x)),
                lengths,
                batch_first=True,
                enforce_sorted=False,
            )
            for embedding in (self.source, self.target)
        ]
        ends = [self.lstm(p)[1][0][-1] for p in packed]
        return self.linear(self.dropout(torch.cat(ends, dim=1)))

    def loss(self, rows):
        """Cross-entropy of the classes."""
        return nn.functional.cross_entropy(
            self.logits([r[0] for r in rows]), torch.tensor([r[1] for r in rows])
        )

    @torch.no_grad()
    def scores(self, rows):
        """Logits, as an array."""
        return self.logits([r[0] for r in rows]).numpy()


def pad(rows):
    """Rows side by side, and their lengths."""
    lengths = torch.tensor([len(r) for r in rows])
    x = torch.full((len(rows), int(lengths.max())), PAD, dtype=torch.long)
    for i, row in enumerate(rows):
        x[i, : len(row)] = torch.as_tensor(row)
    return x, lengths


def epoch(model, rows, optimizer, rng, batch_size, length):
    """One pass over the rows, in batches of similar length in random order."""
    model.train()
    order = rng.permutation(len(rows))
    order = order[np.argsort([length(rows[i]) for i in order], kind="stable")]
    starts = rng.permutation(np.arange(0, len(rows), batch_size))
    for start in starts:
        optimizer.zero_grad()
        loss = model.loss([rows[i] for i in order[start : start + batch_size]])
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        optimizer.step()


def train(
    build,
    rows,
    evaluate=None,
    *,
    epochs=200,
    patience=3,
    lr=1e-3,
    batch_size=64,
    seed=0,
    length=len,
    log=None,
):
    """Train until `evaluate` has not risen for `patience` epochs, or for all `epochs`.

    Returns the model of the best epoch, its score, its epoch, and CPU seconds of the
    training steps alone, up to the stop.
    """
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    seconds = 0.0
    model = build()
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    best, best_epoch, state = -np.inf, 0, None
    for n in range(1, epochs + 1):
        start = time.process_time()
        epoch(model, rows, optimizer, rng, batch_size, length)
        seconds += time.process_time() - start
        if evaluate is None:
            continue
        model.eval()
        score = evaluate(model)
        if log is not None:
            log(f"epoch {n}: {score:.4f} after {seconds:.0f} CPU s")
        if score > best:
            best, best_epoch, state = score, n, copy.deepcopy(model.state_dict())
        elif n - best_epoch >= patience:
            break
    if state is not None:
        model.load_state_dict(state)
    model.eval()
    return model, best, best_epoch or epochs, seconds
