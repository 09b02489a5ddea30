"""The filter language for runs, the same on every backend: `parse` → tree → pushed down, or evaluated here.

    metrics.acc > 0.9 AND params.model LIKE 'resnet%' AND created_at > now() - 7d
    best(metrics.val/loss) < 0.1 AND (state = 'running' OR tags."my tag" IN ('a', 'b')) AND NOT params.lr IS NULL

*Names.* `metrics.x`, `params.x`, `tags.x` (also `metric.`, `param.`, `parameter.`, `tag.`) and the attributes of a
run, with or without `attributes.`: id, name, experiment, experiment_id, state, kind, lifecycle, reason, created_at,
started_at, ended_at, duration, exit_code, signal, parent, notes; MLflow's run_id, run_name, status, start_time,
end_time and created mean the same as there. A name may hold letters, digits and `_ . / : @ -`; any other stands in
backticks or double quotes. `first(metrics.x)`, `min()`, `max()`, `last()` and `best()` ask about a metric's history;
`best` is the smallest value if the name says loss or error (`lower_is_better`), else the largest.

`datasets.name`, `datasets.digest` and `datasets.context` (also `dataset.`) ask about the datasets that a run reads.

*Conditions.* `=` `!=` `<` `<=` `>` `>=` (also `==`, `<>`), `LIKE`, `ILIKE`, `IN (…)`, `BETWEEN a AND b`, each also
with `NOT`, `IS NULL` and `IS NOT NULL`, joined by `NOT`, `AND`, `OR` (in this order of binding) and parentheses.
Keywords are read in any case. An empty filter selects every run.

*Values.* Text stands in single or double quotes; a quote within is doubled or follows a backslash, and any other
backslash is a backslash. Numbers may have an exponent, and there are `inf` and `nan`. Times are ISO texts (local
time unless they name a zone), `now() - 7d`, or milliseconds since the epoch; durations are `90s`, `5m`, `1h30m`
(units s m h d w) or seconds. `now()` and local times are fixed when the filter is read. A duration is known once
the run has ended.

*Meaning.*

- A comparison with a missing value is false, whichever it is: `!=`, `NOT LIKE` and `NOT IN` select only runs that
  have the value. `IS NULL` asks whether the value was never set.
- NaN compares false with everything, itself included; a metric of NaN is not `NULL`.
- `NOT e` selects exactly the runs that `e` does not: `NOT metrics.acc > 0.9` has the runs without `acc`, too.
- A condition on datasets holds when it holds for one of them, each condition for itself, as in MLflow: `!=` selects the
  runs that read another dataset, too. `IS NULL` selects those that read none, or none in a context.
- Params are compared as numbers with numbers and as text with text: a param 0.1 is `= 0.1` and `= '0.1'`. Text that
  reads as a decimal number counts as a number. A param that is no number is neither equal nor unequal to one.
  `true` and `false` mean the words `true`, `True`, `TRUE` and so on.
- Text is compared by code points. `LIKE` tells A from a; `ILIKE` does not for A–Z, and does for all other letters.
- Orders put missing values and NaN last in both directions; a param that is a number comes before one that is not;
  ties are broken by creation, newest first.
"""

from __future__ import annotations

from jupyter_tracker.filters.evaluate import Histories, History, evaluate, sort_runs
from jupyter_tracker.filters.parser import parse, parse_order
from jupyter_tracker.filters.tree import (
    Aggregate,
    Among,
    And,
    Attribute,
    Comparison,
    Dataset,
    DatasetField,
    Expression,
    Match,
    Metric,
    Missing,
    Not,
    Operator,
    Or,
    Order,
    Param,
    Subject,
    Tag,
    Value,
    Wildcard,
    datasets_needed,
    history_needed,
    lower_is_better,
    param_number,
    param_text,
    pattern_parts,
)
from jupyter_tracker.filters.write import order_to_text, to_text

__all__ = [
    "Aggregate",
    "Among",
    "And",
    "Attribute",
    "Comparison",
    "Dataset",
    "DatasetField",
    "Expression",
    "Histories",
    "History",
    "Match",
    "Metric",
    "Missing",
    "Not",
    "Operator",
    "Or",
    "Order",
    "Param",
    "Subject",
    "Tag",
    "Value",
    "Wildcard",
    "datasets_needed",
    "evaluate",
    "history_needed",
    "lower_is_better",
    "order_to_text",
    "param_number",
    "param_text",
    "parse",
    "parse_order",
    "pattern_parts",
    "sort_runs",
    "to_text",
]
