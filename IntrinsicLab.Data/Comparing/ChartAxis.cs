namespace IntrinsicLab.Data;

/// <summary>An axis of a drawn chart: where values lie and which of them are written.</summary>
internal sealed class ChartAxis
{
    private readonly double low;
    private readonly double high;
    private readonly bool isLog;

    public ChartAxis(IEnumerable<double> values, bool isLog, int most, bool fromZero = false)
    {
        this.isLog = isLog;
        var shown = values.Where(value => double.IsFinite(value) && (!isLog || value > 0)).ToList();
        var (least, greatest) = shown.Count == 0 ? (isLog ? 1.0 : 0.0, isLog ? 10.0 : 1.0) : (shown.Min(), shown.Max());
        if (fromZero && !isLog)
            least = Math.Min(least, 0);
        if (isLog)
        {
            (low, high) = (Math.Floor(Math.Log10(least)), Math.Ceiling(Math.Log10(greatest)));
            if (low == high)
                high++;
            var every = (int)Math.Ceiling((high - low) / most);
            Ticks = [.. Enumerable.Range(0, (int)((high - low) / every) + 1).Select(index => Math.Pow(10, low + index * every))];
            return;
        }
        if (least == greatest)
            (least, greatest) = (least - Math.Max(1, Math.Abs(least)) / 2, greatest + Math.Max(1, Math.Abs(greatest)) / 2);
        var step = Step((greatest - least) / most);
        (low, high) = (Math.Floor(least / step + 1e-9) * step, Math.Ceiling(greatest / step - 1e-9) * step);
        Ticks = [.. Enumerable.Range(0, (int)Math.Round((high - low) / step) + 1).Select(index => Math.Round((low + index * step) / step) * step)];
    }

    /// <summary>Values that are written.</summary>
    public IReadOnlyList<double> Ticks { get; }

    /// <summary>Share of the axis before a value; NaN for one that it cannot show.</summary>
    public double At(double value) => isLog ? value > 0 ? (Math.Log10(value) - low) / (high - low) : double.NaN : (value - low) / (high - low);

    private static double Step(double least)
    {
        var power = Math.Pow(10, Math.Floor(Math.Log10(least)));
        return power * (least <= power * 1.0000001 ? 1 : least <= 2 * power ? 2 : least <= 5 * power ? 5 : 10);
    }
}
