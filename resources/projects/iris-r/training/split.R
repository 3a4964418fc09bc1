# Reads the data and splits it: the historical part trains, the live part comes later as traffic.
#
# Run alone in the project's folder, it writes both parts as CSV files:
# Rscript training/split.R HISTORICAL LIVE

# The whole data set, its columns by the names that the file has.
read_irises <- function(file = "../iris/data/iris.csv") {
  read.csv(file, check.names = FALSE, stringsAsFactors = TRUE)
}

# The first 80 % of a seeded shuffle, and the rest.
split_irises <- function(frame) {
  set.seed(7)
  shuffled <- frame[sample(nrow(frame)), ]
  border <- round(0.8 * nrow(frame))
  list(historical = shuffled[seq_len(border), ], live = shuffled[-seq_len(border), ])
}

if (sys.nframe() == 0L) {
  files <- commandArgs(TRUE)
  if (length(files) != 2) stop("name two files: Rscript split.R HISTORICAL LIVE", call. = FALSE)
  parts <- split_irises(read_irises())
  write.csv(parts$historical, files[1], row.names = FALSE)
  write.csv(parts$live, files[2], row.names = FALSE)
}
