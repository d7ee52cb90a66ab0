using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;

namespace Slideport.Dsr.Api;

/// <summary>The API as OpenAPI 3.1, served to whoever may look and kept in <c>docs/openapi-dsr.json</c>, where a test compares the two.</summary>
internal static class OpenApiDocumentation
{
    private const string Document = "dsr";

    internal static void Add(IServiceCollection services) => services.AddOpenApi(Document, options =>
    {
        options.OpenApiVersion = OpenApiSpecVersion.OpenApi3_1;
        options.AddDocumentTransformer((document, _, _) =>
        {
            document.Info = new OpenApiInfo
            {
                Title = "Slideport DSR DataServer",
                Version = "1",
                Description = "SAM tells of images with its certificate on port 44387; people and scripts find, look at and download slides with a session (/api/session) on port 8444. Refusals are problem details (RFC 9457): errors[].field names what is wrong, errors[].message how to mend it.",
            };
            document.Servers = [new OpenApiServer { Url = "https://dsr:8444" }];
            return Task.CompletedTask;
        });
    });

    internal static void Map(IEndpointRouteBuilder api) => api.MapOpenApi("/openapi/{documentName}.json");
}
