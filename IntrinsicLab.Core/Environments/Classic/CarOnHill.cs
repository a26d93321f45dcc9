namespace IntrinsicLab.Core.Environments.Classic;

/// <summary>The picture that the mountain cars share: a valley, a flag, and the car standing on the slope.</summary>
internal static class CarOnHill
{
    private const int Segments = 72;

    /// <summary>Draws the valley from <paramref name="left"/> to <paramref name="right"/>.</summary>
    /// <param name="left">Left end of the track.</param>
    /// <param name="right">Right end of the track.</param>
    /// <param name="goal">Where the flag stands.</param>
    /// <param name="position">Where the car is.</param>
    /// <param name="push">Share of its force that the car just used, from −1 to 1.</param>
    /// <param name="height">Height of the track over its lowest point.</param>
    internal static Scene Draw(double left, double right, double goal, double position, double push, Func<double, double> height)
    {
        var unit = (right - left) / 18;
        var (width, bottom) = (right - left + 2 * unit, 1.5 * unit);
        var track = new double[2 * (Segments + 1)];
        for (var point = 0; point <= Segments; point++)
        {
            var x = left + (right - left) * point / Segments;
            (track[2 * point], track[2 * point + 1]) = (X(x), Y(x));
        }
        double[] soil = [.. track, X(right), 0, X(left), 0];
        var (flagX, flagY) = (X(goal), Y(goal));
        var slope = Math.Atan((height(position + 1e-4) - height(position - 1e-4)) / 2e-4);
        var rear = -0.75 * Math.Sign(push);
        var top = Math.Max(height(left), Math.Max(height(right), height(goal) + 2.2 * unit)) + bottom + unit;
        return new Scene(width, top,
        [
            new Shape("polygon", soil, "ground") { Opacity = 0.15 },
            new Shape("line", track, "ground", 0.15 * unit),
            new Shape("line", [flagX, flagY, flagX, flagY + 2.2 * unit], "goal", 0.12 * unit),
            new Shape("polygon", [flagX, flagY + 2.2 * unit, flagX + 1.1 * unit, flagY + 1.8 * unit, flagX, flagY + 1.4 * unit], "goal"),
            new Shape("line", [.. OnCar(rear, 0.65), .. OnCar(rear - 0.9 * push, 0.65)], "trail", 0.3 * unit) { Opacity = 0.6 },
            new Shape("polygon",
            [
                .. OnCar(-0.75, 0.3), .. OnCar(0.75, 0.3), .. OnCar(0.75, 0.75), .. OnCar(0.35, 0.8), .. OnCar(0.15, 1.2),
                .. OnCar(-0.45, 1.2), .. OnCar(-0.75, 0.8),
            ], "agent"),
            new Shape("circle", [.. OnCar(-0.42, 0.27), .. OnCar(-0.42, 0)], "ground"),
            new Shape("circle", [.. OnCar(0.42, 0.27), .. OnCar(0.42, 0)], "ground"),
        ]);

        double X(double x) => x - left + unit;
        double Y(double x) => bottom + height(x);
        double[] OnCar(double along, double up) =>
        [
            X(position) + unit * (along * Math.Cos(slope) - up * Math.Sin(slope)),
            Y(position) + unit * (along * Math.Sin(slope) + up * Math.Cos(slope)),
        ];
    }
}
