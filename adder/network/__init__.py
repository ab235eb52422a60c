"""The two-headed network. In: images and numbers. Out: logits for the digit, the sum, and 'not a digit'.

It knows neither drawings nor data sets. Read in this order:

- `backbones`: image -> features
- `heads`: digit and number -> sum
- `model`: both together, and the choice of a device
- `batch_norm_folding`: faster inference
- `checkpoint`: the file of the weights
- `saliency`: which ink led to the digit
- `explanation`: filters, feature maps, and the contribution of each feature to a logit
"""
