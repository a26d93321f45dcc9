namespace IntrinsicLab.Core.Environments;

/// <summary>Makes equal environments, wrappers included.</summary>
/// <param name="Spec">The spec that every one of them has.</param>
/// <param name="Create">Makes one.</param>
public sealed record EnvironmentFactory(EnvironmentSpec Spec, Func<IEnvironment> Create);
