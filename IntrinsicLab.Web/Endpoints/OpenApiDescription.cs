using System.Text.Json.Nodes;
using IntrinsicLab.Core.Experiments;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace IntrinsicLab.Web.Endpoints;

/// <summary>What the OpenAPI document says beyond the handlers' signatures.</summary>
public static class OpenApiDescription
{
    public const string DocumentName = "v1";
    private const string ProblemName = "Problem";

    public static void Configure(OpenApiOptions options)
    {
        options.AddDocumentTransformer((document, _, _) =>
        {
            document.Info = new()
            {
                Title = "IntrinsicLab API",
                Version = "v1",
                Description = "Train, follow and compare reinforcement-learning runs. "
                    + "Every error is a problem document (RFC 9457) whose 'errors' names each fault by JSON pointer.",
            };
            // The address is the reader's own; a stored one would be somebody else's.
            document.Servers = [];
            document.AddComponent(ProblemName, ProblemSchema());
            return Task.CompletedTask;
        });
        options.AddOperationTransformer((operation, context, _) =>
        {
            var metadata = context.Description.ActionDescriptor.EndpointMetadata;
            operation.Parameters ??= [];
            foreach (var query in metadata.OfType<QueryMetadata>())
                foreach (var parameter in ParameterSchema.Of(query.Record).Parameters)
                    operation.Parameters.Add(Describe(parameter, Activator.CreateInstance(query.Record)!));
            foreach (var header in metadata.OfType<HeaderMetadata>())
                operation.Parameters.Add(Describe(header));
            operation.Responses ??= [];
            operation.Responses["default"] = new OpenApiResponse
            {
                Description = "Problem",
                Content = new Dictionary<string, OpenApiMediaType>
                {
                    [ProblemResult.MediaType] = new() { Schema = new OpenApiSchemaReference(ProblemName, context.Document) },
                },
            };
            return Task.CompletedTask;
        });
    }

    private static OpenApiParameter Describe(HeaderMetadata header) => new()
    {
        Name = header.Name,
        In = ParameterLocation.Header,
        Required = header.Required,
        Description = header.Description,
        Schema = new OpenApiSchema { Type = JsonSchemaType.String },
    };

    private static OpenApiParameter Describe(Parameter parameter, object defaults)
    {
        var schema = new OpenApiSchema
        {
            Type = parameter.Kind switch
            {
                ParameterKind.Integer => JsonSchemaType.Integer,
                ParameterKind.Number => JsonSchemaType.Number,
                ParameterKind.Boolean => JsonSchemaType.Boolean,
                _ => JsonSchemaType.String,
            },
            Default = parameter.GetJson(defaults) is { } value && value.ToString().Length > 0 ? value : null,
        };
        if (parameter.Minimum is { } minimum)
            schema.Minimum = minimum.ToString("0");
        if (parameter.Maximum is < 1e15 and { } maximum)
            schema.Maximum = maximum.ToString("0");
        if (parameter.Choices.Count > 0)
            schema.Enum = [.. parameter.Choices.Select(choice => (JsonNode)JsonValue.Create(choice))];
        return new() { Name = parameter.Name, In = ParameterLocation.Query, Description = parameter.Summary, Schema = schema };
    }

    private static OpenApiSchema ProblemSchema() => new()
    {
        Type = JsonSchemaType.Object,
        Properties = new Dictionary<string, IOpenApiSchema>
        {
            ["type"] = new OpenApiSchema { Type = JsonSchemaType.String },
            ["title"] = new OpenApiSchema { Type = JsonSchemaType.String },
            ["status"] = new OpenApiSchema { Type = JsonSchemaType.Integer },
            ["detail"] = new OpenApiSchema { Type = JsonSchemaType.String },
            ["instance"] = new OpenApiSchema { Type = JsonSchemaType.String },
            ["traceId"] = new OpenApiSchema { Type = JsonSchemaType.String },
            ["errors"] = new OpenApiSchema
            {
                Type = JsonSchemaType.Object,
                Description = "Messages by JSON pointer into the body; a query counts as an object.",
                AdditionalProperties = new OpenApiSchema
                {
                    Type = JsonSchemaType.Array,
                    Items = new OpenApiSchema { Type = JsonSchemaType.String },
                },
            },
        },
    };
}
