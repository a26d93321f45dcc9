using System.Globalization;
using System.Text.Json;
using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Experiments;

namespace IntrinsicLab.Worker;

/// <summary>The member <c>goal</c> of a command: <c>{"x": 0.5, "y": -0.2}</c>; y may be left out where goals lie on a line.</summary>
internal static class GoalMember
{
    /// <summary>Takes it; null when absent, null or faulty. Whether a world can want it shows when it is told.</summary>
    public static (double X, double Y)? Take(Members members, EnvironmentSpec spec, List<Problem> problems)
    {
        if (members.Take("goal") is not { ValueKind: not JsonValueKind.Null } json)
            return null;
        if (spec.GoalPlane is not { } plane)
        {
            members.Fault("goal", "This environment, with these parameters, has no goals that are places.");
            return null;
        }
        var before = problems.Count;
        var parts = Members.Of(json, members.At("goal"), problems);
        if (problems.Count > before)
            return null;
        var x = Coordinate(parts, "x", plane.Left, plane.Right);
        var y = Coordinate(parts, "y", plane.Bottom, plane.Top);
        parts.RefuseOthers("coordinate", ["x", "y"]);
        return problems.Count == before ? (x, y) : null;
    }

    private static double Coordinate(Members parts, string name, double low, double high)
    {
        if (parts.Take(name) is not { } json)
        {
            if (low < high)
                parts.Fault(name, "This member is required.");
            return low;
        }
        if (json.ValueKind != JsonValueKind.Number)
            parts.Fault(name, $"Expected a number, not {Parameter.Shown(json)}.");
        else if (json.GetDouble() is var value && (value < low || value > high))
            parts.Fault(name, string.Create(CultureInfo.InvariantCulture, $"{value} is out of range: {low} to {high}."));
        else
            return value;
        return low;
    }
}
