"""What fit measures are called on the terminal."""

from __future__ import annotations

# what a measure's name ends in: the columns in which its forms stand beside each other
FORMS = ("", "scaled", "robust")

# a measure's name without its form, and what it is called, in the order shown
_ONE_MODEL = (
    ("chisq", "Chi-square"),
    ("df", "Degrees of freedom"),
    ("pvalue", "P-value (chi-square)"),
    ("pvalue_bollen_stine", "  P-value (Bollen-Stine)"),
    ("chisq_scaling_factor", "Scaling factor"),
    ("chisq_mean_var", "Chi-square, mean-var. adjusted"),
    ("df_mean_var", "  its degrees of freedom"),
    ("pvalue_mean_var", "  its P-value"),
    ("chisq_swain", "Chi-square, Swain (small N)"),
    ("pvalue_swain", "  its P-value"),
    ("cfi", "CFI"),
    ("tli", "TLI"),
    ("rmsea", "RMSEA"),
    ("rmsea_ci_lower", "  90 % interval, lower"),
    ("rmsea_ci_upper", "  90 % interval, upper"),
    ("rmsea_pvalue", "  P-value (RMSEA <= 0.05)"),
    ("srmr", "SRMR"),
    ("logl", "Log-likelihood"),
    ("npar", "Free parameters"),
    ("aic", "AIC"),
    ("bic", "BIC"),
    ("bic_adjusted", "BIC, adjusted for N"),
    ("baseline_chisq", "Baseline: chi-square"),
    ("baseline_df", "Baseline: degrees of freedom"),
    ("baseline_pvalue", "Baseline: P-value"),
    ("baseline_chisq_scaling_factor", "Baseline: scaling factor"),
)
MEASURES = (*_ONE_MODEL, *((f"structural_{name}", f"Structure: {title.strip()}") for name, title in _ONE_MODEL))
