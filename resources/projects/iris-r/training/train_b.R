# Trains version B and writes its deploy folder. Run in the project's folder:
# Rscript training/train_b.R [FOLDER]

source("training/deploy.R")
train_and_write("B")
