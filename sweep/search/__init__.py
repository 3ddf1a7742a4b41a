"""A search for policies that no other betters in all objectives, over doses of the chosen ones, on common draws."""
