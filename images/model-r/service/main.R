# A model service for one version in R: Rscript main.R DEPLOY [--alone] [--host HOST] [--port PORT]
#
# By environment: RELEVO_GATEWAY, RELEVO_TOKEN or RELEVO_TOKEN_FILE, RELEVO_ENDPOINT (the address to register),
# RELEVO_IMAGE, RELEVO_KEPT (a folder of its own for what was loaded last), and RELEVO_HELD_BY: a port of this
# machine; the service ends when what listens there does.

NEEDED <- c("plumber", "jsonlite", "curl", "digest", "sys", "stringi", "promises", "later", "httpuv")
TURN_MILLISECONDS <- 100L

missing <- NEEDED[!vapply(NEEDED, requireNamespace, NA, quietly = TRUE)]
if (length(missing)) {
  cat("R lacks the packages ", paste(missing, collapse = ", "), "; install them to serve models in R\n",
    file = stderr(), sep = "")
  quit(status = 1)
}
here <- dirname(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE)))
for (part in c("faults", "json", "deploy", "instances", "model", "gateway", "following", "retraining", "routes")) {
  source(file.path(here, paste0(part, ".R")), encoding = "UTF-8")
}

read_arguments <- function(words) {
  options <- list(host = "127.0.0.1", port = 0L, alone = FALSE)
  while (length(words)) {
    if (words[1] == "--alone") {
      options$alone <- TRUE
    } else if (words[1] %in% c("--host", "--port")) {
      options[[sub("--", "", words[1])]] <- words[2]
      words <- words[-1]
    } else {
      options$folder <- words[1]
    }
    words <- words[-1]
  }
  options$port <- as.integer(options$port)
  if (is.null(options$folder)) refuse("invalid_input", "name the deploy folder")
  options
}

new_service <- function(options) {
  token <- secret_of("RELEVO_TOKEN")
  if (!nzchar(token)) refuse("invalid_input", "RELEVO_TOKEN is not set; set it to this version's own token")
  gateway <- Sys.getenv("RELEVO_GATEWAY")
  if (nzchar(gateway) == options$alone) {
    refuse("invalid_input", "name the gateway in RELEVO_GATEWAY, or serve without one with --alone")
  }
  service <- new.env()
  service$folder <- normalizePath(options$folder, mustWork = FALSE)
  service$deploy <- read_deploy(service$folder)
  service$authorization <- digest::digest(paste("Bearer", token), "sha256", serialize = FALSE)
  service$reason <- "no revision is loaded yet: waiting for the gateway"
  service$told <- ""
  service$image <- Sys.getenv("RELEVO_IMAGE")
  service$kept <- Sys.getenv("RELEVO_KEPT")
  if (options$alone) load_own(service) else service$link <- new_link(check_origin(gateway), service$deploy, token)
  service
}

load_own <- function(service) {
  content <- own_content(service)
  adopt(service, load_model(service$folder, service$deploy, content, sha256_of(content)), own_revision(service))
  service$reason <- ""
}

# Listens at the port, or at a free one.
listen <- function(service, host, port) {
  application <- application_of(service)
  for (candidate in if (port > 0L) port else replicate(20L, httpuv::randomPort(host = host))) {
    server <- tryCatch(
      httpuv::startServer(host, candidate, application, quiet = TRUE),
      error = function(taken) NULL
    )
    if (!is.null(server)) return(list(server = server, port = candidate))
  }
  refuse("unavailable", "cannot listen at ", host, " port ", candidate, "; something else may do so already")
}

# Whether whoever started this service is still there; nobody else need be.
new_holder <- function() {
  port <- Sys.getenv("RELEVO_HELD_BY")
  if (!nzchar(port)) return(function() TRUE)
  line <- socketConnection("127.0.0.1", as.integer(port), blocking = FALSE, open = "rb", timeout = 10)
  function() !socketSelect(list(line), FALSE, 0) || length(readBin(line, "raw", 1L)) > 0L
}

serve <- function(options) {
  held <- new_holder()
  service <- new_service(options)
  listening <- listen(service, options$host, options$port)
  on.exit(listening$server$stop())
  host <- if (options$host == "0.0.0.0") Sys.info()[["nodename"]] else options$host
  address <- paste0("http://", host, ":", listening$port)
  told <- Sys.getenv("RELEVO_ENDPOINT")
  service$endpoint <- if (nzchar(told)) told else address
  if (!is.null(service$link)) {
    service$retrainer <- new_retrainer(service, file.path(here, "training.R"))
    follow(service)
    keep_house(service$retrainer)
  }
  cat(to_json(list(address = address)), "\n", sep = "")
  flush(stdout())
  tryCatch(while (held()) httpuv::service(TURN_MILLISECONDS), interrupt = function(told_to_stop) NULL)
  stop_training(service)
}

# The job under way is cancelled, and that told, as far as the gateway can be reached within seconds.
stop_training <- function(service) {
  if (is.null(service$retrainer) || !service$retrainer$running) return()
  service$retrainer$cancelled <- TRUE
  deadline <- Sys.time() + 5
  while (service$retrainer$running && Sys.time() < deadline) httpuv::service(TURN_MILLISECONDS)
}

tryCatch(serve(read_arguments(commandArgs(TRUE))), relevo_fault = function(error) {
  cat(conditionMessage(error), "\n", file = stderr(), sep = "")
  quit(status = 1)
})
