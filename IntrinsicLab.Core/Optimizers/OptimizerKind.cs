namespace IntrinsicLab.Core.Optimizers;

/// <summary>Rule that turns gradients into steps.</summary>
public enum OptimizerKind
{
    /// <summary>Adam.</summary>
    Adam,

    /// <summary>RMSProp with decay 0.99.</summary>
    Rmsprop,
}
