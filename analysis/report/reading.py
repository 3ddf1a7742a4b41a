"""How to read a report: what its figures say and what they do not."""

__all__ = ["READING"]

READING = (
    "A draw is one complete set of values for everything uncertain. All policies are run on the same "
    "draws, so that a difference between two policies in a draw is due to the policies and not to luck: "
    "compare them by these paired differences, not by whether their bands overlap.",
    "Regimes are different futures of AI. Nothing here says how likely they are: weights are stated "
    "beliefs, and every pooled figure changes with them: the far end of a pooled range is mostly the weight "
    "put on the most extreme regime. Read results by regime first.",
    "Bands show how much an outcome varies with the uncertain inputs, within the model. They do not "
    "hold the possibility that the model itself is wrong, and they are not forecasts.",
    "The Monte Carlo standard error says how far a mean may be off because the number of draws is "
    "finite; more draws shrink it. Of Sobol designs it comes from batches of consecutive draws, and is rather "
    "too large than too small. It says nothing about how much an effect differs from draw to draw: that "
    "is the thin line, which holds the middle 90 % of draws.",
    "A policy financed by the labor tax may ask for more than the tax can rise by (60 points, or to 95 % in "
    "all). In such draws the budget doesn't close: the policy runs on debt, and its effects on wages, "
    "employment and output leave out whoever pays in the end. The note at the top says where.",
    "Whether a share of draws below zero is good news depends on the outcome: it is for unemployment "
    "and cost, and it is not for employment and output.",
)
