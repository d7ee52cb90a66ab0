using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Slideport.Dsr.DicomWeb.Storing;
using Slideport.Dsr.Viewing;

namespace Slideport.Dsr.DicomWeb;

/// <summary>
/// DICOMweb (PS3.18 10): every slide of the catalogue as a series of a study, whether it is stored as DICOM or as SVS. QIDO-RS and WADO-RS;
/// slides come in over DICOM, and by STOW-RS where <c>Dsr:Stow</c> says whereto.
/// </summary>
internal static class DicomWebApi
{
    /// <summary>Adds what the endpoints need beside the viewer and the catalogue's database.</summary>
    internal static void Add(IServiceCollection services) => services.AddSingleton<WebCatalogue>().AddSingleton<WebInstances>().AddSingleton<WebSlides>().AddSingleton<InstanceStorage>();

    /// <summary>Maps the endpoints. The standard describes them, so our own description leaves them out.</summary>
    internal static void Map(IEndpointRouteBuilder routes)
    {
        var web = routes.MapGroup(WebAddresses.Root).AddEndpointFilter(ViewerProblems.FilterAsync).AddEndpointFilter(DicomWebException.FilterAsync).ExcludeFromDescription();
        SearchApi.Map(web);
        RetrieveApi.Map(web);
        MetadataApi.Map(web);
        FrameApi.Map(web);
        RenderedApi.Map(web);
        StoreApi.Map(web);
    }
}
