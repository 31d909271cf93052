"""The page of the losses: three attritions, the bridge of the revenue, cuts and the lists behind them."""
