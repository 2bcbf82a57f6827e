import os

SIGNING_KEY = os.environ["SHOP_SIGNING_KEY"]
