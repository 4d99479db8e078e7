"""AUROC of isolation forests on the same sets as others have published them."""

LIU = "Liu, Ting and Zhou 2008, Isolation Forest, ICDM, table 3"
LINKEDIN = "LinkedIn's isolation-forest for Spark, README, performance table"

STANDARD = {
    LIU: {"annthyroid": 0.82, "breastw": 0.99, "cover": 0.88, "http": 1.00, "mammography": 0.86, "pima": 0.67, "smtp": 0.88},
    LINKEDIN: {"annthyroid": 0.813, "breastw": 0.986, "cover": 0.882, "http": 0.9997, "mammography": 0.865, "pima": 0.668, "smtp": 0.910},
}
EXTENDED = {LINKEDIN: {"annthyroid": 0.646, "breastw": 0.984, "cover": 0.688, "http": 0.994, "mammography": 0.863, "pima": 0.644, "smtp": 0.858}}
