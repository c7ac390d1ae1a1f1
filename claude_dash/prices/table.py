"""List prices of Claude models on Amazon Bedrock, in US dollars per million tokens.

To bring it up to date: add a list with its source and the day on which it was read; give a price
that changed a line with the day from which it holds, and leave the older line, since every call is
priced by its own day. Name a change that has a day in CHANGES.
"""

from datetime import date

READ_ON = date(2026, 11, 21)
# `model_prices_and_context_window.json`, keyed by the ids that occur in logs; its own source for
# the newer models is the AWS price list (offer file `AmazonBedrockFoundationModels`).
LITELLM = "LiteLLM 1.109.1"
# The notes name the day of the change; the price before it is the first party's, brought to the
# scopes of Bedrock by the rule that all rows of this model keep (1.1 and 1.2 times).
NOTES = "release notes of a public price table, and the vendor's price page of September 2026"

# Source, the day it was read, and: from which day, model, scope, input, cache write for 5 minutes
# and for 1 hour (- is not listed), cache read, output. `ever`: no earlier price is known. Scope:
# `global`, `us-gov`, or `geo` for any other geography and within a Region. What LiteLLM lists for a
# bare id is left out: the vendor's rule makes it geo from the 4.5 generation on, and older models
# have one price. A scope that no source lists has no line, and no price.
LISTS = (
    (LITELLM, READ_ON, """
ever       anthropic.claude-fable-5-1                global 10     12.5   20     0.25   50
ever       anthropic.claude-fable-5-1                geo    11     13.75  22     0.275  55
ever       anthropic.claude-fable-5-1                us-gov 12     15     24     0.3    60
ever       anthropic.claude-fable-5                  global 10     12.5   20     1      50
ever       anthropic.claude-fable-5                  geo    11     13.75  22     1.1    55
ever       anthropic.claude-mythos-5-1               global 10     12.5   20     0.25   50
ever       anthropic.claude-mythos-5-1               geo    11     13.75  22     0.275  55
ever       anthropic.claude-opus-5-5                 global 4      5      8      0.2    20
ever       anthropic.claude-opus-5-5                 geo    4.4    5.5    8.8    0.22   22
ever       anthropic.claude-opus-5-5                 us-gov 4.8    6      9.6    0.24   24
ever       anthropic.claude-opus-5                   global 5      6.25   10     0.5    25
ever       anthropic.claude-opus-5                   geo    5.5    6.875  11     0.55   27.5
ever       anthropic.claude-opus-5                   us-gov 6      7.5    12     0.6    30
ever       anthropic.claude-opus-4-8                 global 5      6.25   10     0.5    25
ever       anthropic.claude-opus-4-8                 geo    5.5    6.875  11     0.55   27.5
ever       anthropic.claude-opus-4-8                 us-gov 6      7.5    12     0.6    30
ever       anthropic.claude-opus-4-7                 global 5      6.25   10     0.5    25
ever       anthropic.claude-opus-4-7                 geo    5.5    6.875  11     0.55   27.5
ever       anthropic.claude-opus-4-6-v1              global 5      6.25   10     0.5    25
ever       anthropic.claude-opus-4-6-v1              geo    5.5    6.875  11     0.55   27.5
ever       anthropic.claude-opus-4-5-20251101-v1:0   global 5      6.25   10     0.5    25
ever       anthropic.claude-opus-4-5-20251101-v1:0   geo    5.5    6.875  11     0.55   27.5
ever       anthropic.claude-opus-4-1-20250805-v1:0   geo    15     18.75  -      1.5    75
ever       anthropic.claude-opus-4-20250514-v1:0     geo    15     18.75  -      1.5    75
2026-10-07 anthropic.claude-sonnet-5-5               global 2      2.5    4      0.1    10
2026-10-07 anthropic.claude-sonnet-5-5               geo    2.2    2.75   4.4    0.11   11
2026-10-07 anthropic.claude-sonnet-5-5               us-gov 2.4    3      4.8    0.12   12
ever       anthropic.claude-sonnet-5                 global 2      2.5    4      0.2    10
ever       anthropic.claude-sonnet-5                 geo    2.2    2.75   4.4    0.22   11
ever       anthropic.claude-sonnet-5                 us-gov 2.4    3      4.8    0.24   12
ever       anthropic.claude-sonnet-4-6               global 3      3.75   6      0.3    15
ever       anthropic.claude-sonnet-4-6               geo    3.3    4.125  6.6    0.33   16.5
ever       anthropic.claude-sonnet-4-5-20250929-v1:0 global 3      3.75   6      0.3    15
ever       anthropic.claude-sonnet-4-5-20250929-v1:0 geo    3.3    4.125  6.6    0.33   16.5
ever       anthropic.claude-sonnet-4-5-20250929-v1:0 us-gov 3.6    4.5    7.2    0.36   18
ever       anthropic.claude-sonnet-4-20250514-v1:0   global 3      3.75   -      0.3    15
ever       anthropic.claude-sonnet-4-20250514-v1:0   geo    3      3.75   -      0.3    15
ever       anthropic.claude-3-7-sonnet-20250219-v1:0 geo    3      3.75   -      0.3    15
2026-10-07 anthropic.claude-haiku-5-5                global 0.1    0.125  0.2    0.01   0.5
2026-10-07 anthropic.claude-haiku-5-5                geo    0.11   0.1375 0.22   0.011  0.55
2026-10-07 anthropic.claude-haiku-5-5                us-gov 0.12   0.15   0.24   0.012  0.6
ever       anthropic.claude-haiku-4-5-20251001-v1:0  global 1      1.25   2      0.1    5
ever       anthropic.claude-haiku-4-5-20251001-v1:0  geo    1.1    1.375  2.2    0.11   5.5
ever       anthropic.claude-3-5-haiku-20241022-v1:0  geo    0.8    1      -      0.08   4
"""),
    (NOTES, READ_ON, """
ever       anthropic.claude-sonnet-5-5               global 2      2.5    4      0.2    10
ever       anthropic.claude-sonnet-5-5               geo    2.2    2.75   4.4    0.22   11
ever       anthropic.claude-sonnet-5-5               us-gov 2.4    3      4.8    0.24   12
"""),
)  # fmt: skip

# Model, prompt tokens of one request (input, cache read and cache write) above which all of the
# request costs more: input and cache by the first factor, output by the second. Source: LiteLLM.
BANDS = """
anthropic.claude-haiku-5-5                100000 5 5
anthropic.claude-sonnet-4-5-20250929-v1:0 200000 2 1.5
anthropic.claude-sonnet-4-20250514-v1:0   200000 2 1.5
"""

CHANGES = {
    date(2026, 10, 7): "Sonnet 5.5 reads its cache for half the price; Haiku 5.5 appears.",
}
