using System.Text.Json;
using IntrinsicLab.Data;
using IntrinsicLab.Web.Live;

namespace IntrinsicLab.Web.Components.Controls;

/// <summary>What a chart in the browser is told of a run; its points it fetches itself.</summary>
public sealed record ChartRun(Guid Id, string Name, int Slot, int Dash, bool Live)
{
    public static ChartRun Of(RunRow run) => new(run.Id, run.Name, Palette.Own(run.Id), 0, run.Live);

    public static string Json(IEnumerable<ChartRun> runs) => JsonSerializer.Serialize(runs, JsonSerializerOptions.Web);
}
