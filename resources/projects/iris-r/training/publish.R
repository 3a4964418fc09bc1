# Publishes both versions, their training set and the ports at which the team's applications call them. Run in
# the project's folder:
# RELEVO_GATEWAY=http://… RELEVO_TOKEN=… Rscript training/publish.R [FOLDER_A FOLDER_B]

source("training/deploy.R")

PORTS <- c(A = 18000, B = 18001)
folders <- commandArgs(TRUE)
if (!length(folders)) folders <- c("deployA", "deployB")
gateway <- relevo_connect()
for (place in seq_along(PORTS)) {
  relevo_publish_version(gateway, folders[place])
  relevo_listen(gateway, PORTS[[place]], "iris", names(PORTS)[place])
  cat("iris", names(PORTS)[place], "is published, at port", PORTS[[place]], "\n")
}
rows <- relevo_publish_training(gateway, folders[1], split_irises(read_irises())$historical)
cat(rows, "training rows stored\n")
