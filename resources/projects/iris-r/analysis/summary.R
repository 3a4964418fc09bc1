# A first look at the irises: ranges by species. Run in the project's folder: Rscript analysis/summary.R

source("training/split.R")

historical <- split_irises(read_irises())$historical # the live part stays unseen
ranges <- aggregate(. ~ species, historical, function(values) {
  c(min = min(values), mean = round(mean(values), 2), max = max(values))
})
print(ranges)
cat("\nFlowers by species:\n")
print(table(historical$species))
