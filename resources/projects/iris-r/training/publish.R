# Publishes both versions, their training set and the ports at which the team's applications call them:
# RELEVO_GATEWAY=http://… RELEVO_TOKEN=… Rscript training/publish.R [FOLDER_A FOLDER_B]

source(file.path(dirname(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE))), "deploy.R"))

PORTS <- c(A = 18000, B = 18001)
folders <- commandArgs(TRUE)
if (!length(folders)) folders <- file.path(project, c("deployA", "deployB"))
gateway <- relevo_connect()
for (place in seq_along(PORTS)) {
  relevo_publish_version(gateway, folders[place])
  relevo_listen(gateway, PORTS[[place]], "iris", names(PORTS)[place])
  cat("iris", names(PORTS)[place], "is published, at port", PORTS[[place]], "\n")
}
cat(relevo_publish_training(gateway, folders[1], split_irises(read_irises())$historical), "training rows stored\n")
