namespace IntrinsicLab.Data;

/// <summary>The shell command that repeats a run in a checkout of the project.</summary>
public static class PlanCommand
{
    /// <summary>For a resolved plan as JSON, with the commit that trained it where it is known.</summary>
    public static string Of(string plan, string? commit)
    {
        var checkout = commit is null ? "" : $"git checkout {commit} && ";
        return $"{checkout}printf '%s' '{plan.Replace("'", "'\\''", StringComparison.Ordinal)}' > plan.json && ./lab train plan.json";
    }
}
