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
        var x = Coordinate(parts, "x", plane.Left, plane.Right, problems);
        var y = Coordinate(parts, "y", plane.Bottom, plane.Top, problems);
        parts.RefuseOthers("coordinate", ["x", "y"]);
        return problems.Count == before ? (x, y) : null;
    }

    private static double Coordinate(Members parts, string name, double low, double high, List<Problem> problems)
    {
        if (parts.Take(name) is not { } json)
        {
            if (low < high && !problems.Any(problem => problem.Pointer == parts.At(name)))
                parts.Fault(name, "This member is required.");
            return low;
        }
        if (json.ValueKind != JsonValueKind.Number || json.GetDouble() is var value && !double.IsFinite(value))
            parts.Fault(name, $"Expected a number, not {json.GetRawText()}.");
        else if (json.GetDouble() is var number && (number < low || number > high))
            parts.Fault(name, string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{number} is out of range: {low} to {high}."));
        else
            return json.GetDouble();
        return low;
    }
}
