# Moments of incomplete answers without a model, by EM until nothing moves in 13 digits. Read by the scripts beside it.
em <- function(x) {
  p <- ncol(x); x <- x[rowSums(!is.na(x)) > 0, , drop = FALSE]; n <- nrow(x)
  code <- apply(is.na(x), 1, paste, collapse = " "); rows_of <- split(seq_len(n), code)
  mu <- colMeans(x, na.rm = TRUE); sigma <- diag(apply(x, 2, var, na.rm = TRUE))
  for (step in 1:20000) {
    filled <- x; extra <- matrix(0, p, p)
    for (rows in rows_of) {
      m <- is.na(x[rows[1], ]); if (!any(m)) next
      b <- sigma[m, !m, drop = FALSE] %*% solve(sigma[!m, !m, drop = FALSE])
      away <- sweep(x[rows, !m, drop = FALSE], 2, mu[!m])
      filled[rows, m] <- sweep(away %*% t(b), 2, mu[m], "+")
      extra[m, m] <- extra[m, m] + length(rows) * (sigma[m, m] - b %*% sigma[!m, m, drop = FALSE])
    }
    new_mu <- colMeans(filled)
    new_sigma <- (crossprod(sweep(filled, 2, new_mu)) + extra) / n
    moved <- max(abs(new_mu - mu) / sqrt(diag(sigma)), abs(new_sigma - sigma) / sqrt(diag(sigma) %o% diag(sigma)))
    mu <- new_mu; sigma <- new_sigma
    if (moved < 1e-13) break
  }
  list(mu = mu, sigma = sigma)
}
