using IntrinsicLab.Core;
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

/// <summary>A test of what Python does with NumPy: skipped, with the reason, where it does not have it.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class NumpyTheoryAttribute : TheoryAttribute
{
    private static readonly Lazy<string?> Missing = new(() =>
    {
        try
        {
            using var game = PythonWorlds.Create("Arcade", new { arrays = true });
            game.Reset(new Rng(1), new float[game.Spec.Observation.Size]);
            return null;
        }
        catch (Exception fault) when (fault is ArgumentException or InvalidOperationException)
        {
            return fault.Message.Split('\n')[0];
        }
    });

    public NumpyTheoryAttribute() => Skip = Missing.Value;
}
