using IntrinsicLab.Core.Environments;

namespace IntrinsicLab.Tests.Support;

/// <summary>A test that needs MuJoCo: skipped, with the reason, where it is not installed.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class MujocoFactAttribute : FactAttribute
{
    public MujocoFactAttribute() => Skip = EnvironmentCatalog.Find("hopper")!.WhyUnavailable();
}
