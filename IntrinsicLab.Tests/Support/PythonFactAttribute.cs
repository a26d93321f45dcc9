using IntrinsicLab.Core.Environments;

namespace IntrinsicLab.Tests.Support;

/// <summary>A test that needs Python: skipped, with the reason, where there is none.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class PythonFactAttribute : FactAttribute
{
    public PythonFactAttribute() => Skip = EnvironmentCatalog.Find("gymnasium")!.WhyUnavailable();
}

/// <inheritdoc cref="PythonFactAttribute"/>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class PythonTheoryAttribute : TheoryAttribute
{
    public PythonTheoryAttribute() => Skip = EnvironmentCatalog.Find("gymnasium")!.WhyUnavailable();
}
