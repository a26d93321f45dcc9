using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using IntrinsicLab.Data;

namespace IntrinsicLab.Web.Endpoints;

/// <summary>One of the forms in which a series is sent.</summary>
internal sealed record SeriesFormat(string Name, string MediaType, Func<string, ChartQuery, MetricColumns, IResult> Write)
{
    // "ICL1" in ASCII.
    private const int Magic = 0x314C4349;
    private const int HeaderBytes = 32;

    private static readonly SeriesFormat[] All =
    [
        new("json", "application/json", WriteJson),
        new("csv", "text/csv", WriteCsv),
        new("binary", "application/octet-stream", WriteBinary),
    ];

    /// <summary>The form named, else the best one that the Accept header takes; null when it takes none.</summary>
    public static SeriesFormat? Choose(HttpContext context, ChartFormat format)
    {
        if (format != ChartFormat.Accept)
            return All[(int)format - 1];
        var accepted = context.Request.GetTypedHeaders().Accept;
        if (accepted.Count == 0)
            return All[0];
        return accepted.Where(each => each.Quality is null or > 0).OrderByDescending(each => each.Quality ?? 1)
            .Select(each => Array.Find(All, known => new Microsoft.Net.Http.Headers.MediaTypeHeaderValue(known.MediaType).IsSubsetOf(each)))
            .FirstOrDefault(known => known is not null);
    }

    private static IResult WriteJson(string name, ChartQuery asked, MetricColumns columns) => TypedResults.Ok(new MetricResource(
        name, asked.X, columns.Reduced, columns.Total, columns.NonFinite, columns.LastSequence, columns.X, columns.Value,
        columns.Min, columns.Max));

    private static IResult WriteCsv(string name, ChartQuery asked, MetricColumns columns)
    {
        var text = new StringBuilder(columns.X.Length * 24);
        text.Append(Words.Of(asked.X)).Append(",value").Append(columns.Min is null ? "\n" : ",min,max\n");
        for (var row = 0; row < columns.X.Length; row++)
        {
            text.Append(CultureInfo.InvariantCulture, $"{columns.X[row]:R},{columns.Value[row]:R}");
            if (columns.Min is not null)
                text.Append(CultureInfo.InvariantCulture, $",{columns.Min[row]:R},{columns.Max![row]:R}");
            text.Append('\n');
        }
        return TypedResults.Text(text.ToString(), "text/csv", Encoding.UTF8);
    }

    /// <summary>
    /// int32 magic, int32 rows, int32 columns (x, value[, min, max]), int32 flags (1 = reduced), int64 total, int64 sequence; then
    /// column after column of float64; all little-endian.
    /// </summary>
    private static IResult WriteBinary(string name, ChartQuery asked, MetricColumns columns)
    {
        double[]?[] sent = [columns.X, columns.Value, columns.Min, columns.Max];
        var present = sent.OfType<double[]>().ToList();
        var rows = columns.X.Length;
        var bytes = new byte[HeaderBytes + rows * present.Count * sizeof(double)];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, Magic);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(4), rows);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(8), present.Count);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(12), columns.Reduced ? 1 : 0);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(16), columns.Total);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(24), columns.LastSequence);
        foreach (var (index, column) in present.Index())
            MemoryMarshal.AsBytes(column.AsSpan()).CopyTo(bytes.AsSpan(HeaderBytes + index * rows * sizeof(double)));
        return TypedResults.Bytes(bytes, "application/octet-stream");
    }
}
