using Microsoft.AspNetCore.Http;
using Slideport.Dsr.Database;

namespace Slideport.Dsr.DicomWeb;

/// <summary>Addresses of what is served, as the client reaches us.</summary>
internal static class WebAddresses
{
    internal const string Root = "/dicom-web";

    internal static string OfStudy(HttpContext http, CatalogueSlide slide) => OfStudy(http, WebUids.StudyOf(slide));

    internal static string OfStudy(HttpContext http, string study) => $"{http.Request.Scheme}://{http.Request.Host}{http.Request.PathBase}{Root}/studies/{study}";

    internal static string OfInstance(HttpContext http, (string Study, string Series, string Instance) uids) => $"{OfStudy(http, uids.Study)}/series/{uids.Series}/instances/{uids.Instance}";

    internal static string OfSeries(HttpContext http, CatalogueSlide slide) => $"{OfStudy(http, slide)}/series/{WebUids.SeriesOf(slide)}";

    internal static string OfInstance(HttpContext http, CatalogueSlide slide, WebInstance instance) => $"{OfSeries(http, slide)}/instances/{instance.Uid}";
}
