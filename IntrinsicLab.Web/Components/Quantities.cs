using System.Globalization;
using IntrinsicLab.Core.Experiments;

namespace IntrinsicLab.Web.Components;

/// <summary>Numbers as people read them: units always, thin spaces between groups of three digits and before units.</summary>
internal static class Quantities
{
    private const char Thin = '\u2009';

    private static readonly NumberFormatInfo Grouped = new() { NumberGroupSeparator = Thin.ToString(), NegativeSign = "−" };

    /// <summary>1 234 or 1.2 M.</summary>
    public static string Count(double value) => Math.Abs(value) switch
    {
        >= 1e9 => Short(value / 1e9) + Thin + "G",
        >= 1e6 => Short(value / 1e6) + Thin + "M",
        >= 1e4 => Short(value / 1e3) + Thin + "k",
        _ => value.ToString("#,0", Grouped),
    };

    public static string Exact(long value) => value.ToString("#,0", Grouped);

    public static string Steps(double value) => $"{Count(value)}{Thin}steps";

    public static string Plural(long count, string noun) => $"{Exact(count)}{Thin}{noun}{(count == 1 ? "" : "s")}";

    /// <summary>A measured value in about four figures.</summary>
    public static string Value(double? value)
    {
        if (value is not { } number)
            return "–";
        if (double.IsNaN(number))
            return "not a number";
        if (double.IsInfinity(number))
            return number > 0 ? "∞" : "−∞";
        var size = Math.Abs(number);
        if (size != 0 && size is < 0.001 or >= 1e7)
            return number.ToString("0.##e0", Grouped);
        return number.ToString(size switch { >= 1000 => "#,0", >= 100 => "0.#", >= 10 => "0.##", >= 1 => "0.###", _ => "0.####" }, Grouped);
    }

    /// <summary>3 min 12 s; 3 min where it is that to the second.</summary>
    public static string Duration(double seconds)
    {
        if (!double.IsFinite(seconds) || seconds < 0)
            return "–";
        var whole = TimeSpan.FromSeconds(Math.Min(seconds, 1e9));
        return whole switch
        {
            { TotalMinutes: < 1 } => $"{whole.Seconds}{Thin}s",
            { TotalHours: < 1, Seconds: 0 } => $"{whole.Minutes}{Thin}min",
            { TotalHours: < 1 } => $"{whole.Minutes}{Thin}min {whole.Seconds}{Thin}s",
            { TotalDays: < 1 } => $"{whole.Hours}{Thin}h {whole.Minutes}{Thin}min",
            _ => $"{(int)whole.TotalDays}{Thin}d {whole.Hours}{Thin}h",
        };
    }

    public static string Ago(DateTimeOffset time, DateTimeOffset now)
    {
        var seconds = Math.Max(0, (now - time).TotalSeconds);
        return seconds switch
        {
            < 5 => "just now",
            < 60 => $"{(int)seconds}{Thin}s ago",
            < 3600 => $"{(int)(seconds / 60)}{Thin}min ago",
            < 86400 => $"{(int)(seconds / 3600)}{Thin}h ago",
            _ => $"{(int)(seconds / 86400)}{Thin}d ago",
        };
    }

    public static string Bytes(double size)
    {
        string[] units = ["B", "KB", "MB", "GB", "TB"];
        var unit = 0;
        while (size >= 1000 && unit < units.Length - 1)
        {
            size /= 1000;
            unit++;
        }
        return Short(size) + Thin + units[unit];
    }

    public static string Percent(double share) => ((int)Math.Floor(100 * share)).ToString(CultureInfo.InvariantCulture) + Thin + "%";

    /// <summary>A parameter's allowed range: 1 to 1 000 000 steps, at least 0. Empty without one.</summary>
    public static string Range(Parameter parameter)
    {
        if (parameter.Minimum is not { } low || parameter.Maximum is not { } high)
            return "";
        var unit = parameter.Unit is null ? "" : Thin + parameter.Unit;
        var least = (parameter.MinimumIsExclusive ? "above " : "") + Bound(low);
        // A bound that only keeps numbers finite says nothing to people.
        return high < 1e9 ? $"{least} to {Bound(high)}{unit}" : parameter.MinimumIsExclusive ? least + unit : $"at least {least}{unit}";
    }

    private static string Bound(double value) => double.IsInteger(value) ? value.ToString("#,0", Grouped) : Value(value);

    private static string Short(double value) =>
        value.ToString(Math.Abs(value) switch { >= 100 => "0", >= 10 => "0.#", _ => "0.##" }, Grouped);
}
