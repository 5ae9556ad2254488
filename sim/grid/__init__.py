"""Files of power grids: pandapower's and power-grid-model's."""
