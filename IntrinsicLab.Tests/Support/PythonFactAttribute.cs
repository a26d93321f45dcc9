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

/// <summary>A test that needs Gymnasium itself: skipped, with the reason, where Python does not have it.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class GymnasiumFactAttribute : FactAttribute
{
    private static readonly Lazy<string?> Missing = new(() =>
    {
        try
        {
            _ = EnvironmentCatalog.Factory(EnvironmentCatalog.Find("gymnasium")!);
            return null;
        }
        catch (Exception fault) when (fault is ArgumentException or InvalidOperationException)
        {
            return fault.Message;
        }
    });

    public GymnasiumFactAttribute() => Skip = Missing.Value;
}
