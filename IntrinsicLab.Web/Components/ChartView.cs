using System.Globalization;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.WebUtilities;

namespace IntrinsicLab.Web.Components;

/// <summary>How charts are drawn. It lives in the address, so that a link shows the same picture.</summary>
public sealed record ChartView
{
    public static IReadOnlyList<string> Axes { get; } = ["steps", "episodes", "seconds"];

    /// <summary>What runs along the x axis.</summary>
    public string Axis { get; init; } = Axes[0];

    /// <summary>Weight of the past in the moving average; 0 draws values as they are.</summary>
    public double Smoothing { get; init; }

    /// <summary>The y axis leaves out the outermost two per cent of values.</summary>
    public bool WithoutOutliers { get; init; }

    /// <summary>Visible part of the x axis; null for all of it.</summary>
    public (long From, long To)? Range { get; init; }

    /// <summary>Metrics with a logarithmic y axis.</summary>
    public IReadOnlyList<string> Logarithmic { get; init; } = [];

    /// <summary>Metrics shown as tables.</summary>
    public IReadOnlyList<string> Tables { get; init; } = [];

    public static ChartView Read(string address)
    {
        var query = new QueryCollection(QueryHelpers.ParseQuery(new Uri(address).Query));
        var range = query["range"].ToString().Split('-');
        return new()
        {
            Axis = Axes.Contains(query["x"].ToString()) ? query["x"].ToString() : Axes[0],
            Smoothing = double.TryParse(query["smooth"], CultureInfo.InvariantCulture, out var weight) ? Math.Clamp(weight, 0, 0.99) : 0,
            WithoutOutliers = query["outliers"] == "off",
            Range = range.Length == 2 && long.TryParse(range[0], out var from) && long.TryParse(range[1], out var to) && from < to ? (from, to) : null,
            Logarithmic = List(query["log"]),
            Tables = List(query["table"]),
        };
    }

    /// <summary>The parameters of the address that stand for this view; null where it is the usual.</summary>
    public Dictionary<string, object?> Parameters => new()
    {
        ["x"] = Axis == Axes[0] ? null : Axis,
        ["smooth"] = Smoothing == 0 ? null : Smoothing.ToString("0.##", CultureInfo.InvariantCulture),
        ["outliers"] = WithoutOutliers ? "off" : null,
        ["range"] = Range is { } range ? $"{range.From}-{range.To}" : null,
        ["log"] = Logarithmic.Count == 0 ? null : string.Join(',', Logarithmic),
        ["table"] = Tables.Count == 0 ? null : string.Join(',', Tables),
    };

    /// <summary>Puts this view into the address; the page renders from there.</summary>
    public void Show(NavigationManager navigation) => navigation.NavigateTo(navigation.GetUriWithQueryParameters(Parameters), replace: true);

    public ChartView ToggleLogarithmic(string metric) => this with { Logarithmic = Toggled(Logarithmic, metric) };

    public ChartView ToggleTable(string metric) => this with { Tables = Toggled(Tables, metric) };

    private static List<string> Toggled(IReadOnlyList<string> list, string item) => list.Contains(item) ? [.. list.Where(each => each != item)] : [.. list, item];

    private static string[] List(string? text) => (text ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries);
}
