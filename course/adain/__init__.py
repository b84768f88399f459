"""Any style, by statistics of feature maps: AdaIN and WCT (`moments`), and a painter that never saw it (`stylist`)."""
