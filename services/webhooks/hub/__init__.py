"""The WebSub hub (W3C Recommendation, 23 January 2018): whoever subscribes to a feed is sent what is new in it."""
