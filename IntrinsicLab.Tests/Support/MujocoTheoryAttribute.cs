using IntrinsicLab.Core.Environments;

namespace IntrinsicLab.Tests.Support;

/// <summary>As <see cref="MujocoFactAttribute"/>, for a test with cases.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class MujocoTheoryAttribute : TheoryAttribute
{
    public MujocoTheoryAttribute() => Skip = EnvironmentCatalog.Find("hopper")!.WhyUnavailable();
}
