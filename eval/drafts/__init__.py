"""How well `assistant check` judges the sentences of a draft."""
