using System.Globalization;

namespace IntrinsicLab.Core.Environments;

/// <summary>
/// The plane in which a world's goals are places, so that somebody can point at one: what may be asked of
/// <see cref="IEnvironment.Want"/>. Coordinates are the world's own, not those of observations.
/// </summary>
/// <param name="Left">Least x of a goal.</param>
/// <param name="Bottom">Least y.</param>
/// <param name="Right">Greatest x.</param>
/// <param name="Top">Greatest y; that of <paramref name="Bottom"/> where goals lie on a line.</param>
public sealed record GoalPlane(double Left, double Bottom, double Right, double Top)
{
    /// <summary>Unit of coordinates and distances, for people; empty where they have none.</summary>
    public string Unit { get; init; } = "";

    /// <summary>
    /// What a place stands for in a world that wants several or one that moves, as a sentence for people: what is wanted is then not simply there from now
    /// on. Empty where it is.
    /// </summary>
    public string Meaning { get; init; } = "";

    /// <summary>Length, in the units of <see cref="Scene"/>, of 1 in the plane. Where the origin lies is told by <see cref="GoalPlaces"/>.</summary>
    public double Scale { get; init; } = 1;

    /// <summary>Refuses a place outside.</summary>
    /// <exception cref="ArgumentException">It lies outside, or is no number.</exception>
    public void Require(double x, double y)
    {
        Require("x", x, Left, Right);
        Require("y", y, Bottom, Top);
    }

    private static void Require(string axis, double value, double low, double high)
    {
        if (!(value >= low && value <= high))
            throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"A goal with {axis} = {value:0.####} is out of range: {low} to {high}."));
    }
}

/// <summary>Goal and state as places of a <see cref="GoalPlane"/>.</summary>
/// <param name="WantedX">x of the goal that is wanted.</param>
/// <param name="WantedY">Its y.</param>
/// <param name="X">x of what the present state achieves.</param>
/// <param name="Y">Its y.</param>
/// <param name="Distance">How far that is from the goal, in the plane's unit; 0 in a goal that is a region.</param>
/// <param name="Reached">It is near enough to count as success.</param>
public readonly record struct GoalPlaces(double WantedX, double WantedY, double X, double Y, double Distance, bool Reached)
{
    /// <summary>x, in the present <see cref="Scene"/>, of the plane's point (0, 0).</summary>
    public double OriginX { get; init; }

    /// <summary>Its y.</summary>
    public double OriginY { get; init; }

    /// <summary>Places in a plane where distance is Euclidean.</summary>
    /// <param name="wantedX">x of the goal that is wanted.</param>
    /// <param name="wantedY">Its y.</param>
    /// <param name="x">x of what the present state achieves.</param>
    /// <param name="y">Its y.</param>
    /// <param name="radius">Distance below which the goal counts as reached.</param>
    internal static GoalPlaces Between(double wantedX, double wantedY, double x, double y, double radius)
    {
        var distance = Math.Sqrt((x - wantedX) * (x - wantedX) + (y - wantedY) * (y - wantedY));
        return new GoalPlaces(wantedX, wantedY, x, y, distance, distance < radius);
    }
}
