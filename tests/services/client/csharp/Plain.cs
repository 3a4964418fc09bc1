// An application as it was before any generated client: posts JSON to the champion's url, prints the answer.
using System;
using System.Linq;
using System.Net.Http;
using System.Text;
using System.Threading.Tasks;

internal static class Plain
{
    private static int Main(string[] words)
    {
        Run(words[0], words[1]).GetAwaiter().GetResult();
        return 0;
    }

    private static async Task Run(string url, string json)
    {
        using (var http = new HttpClient())
        using (var body = new StringContent(json, Encoding.UTF8, "application/json"))
        using (HttpResponseMessage answer = await http.PostAsync(url + "/predict", body))
        {
            Console.WriteLine((int)answer.StatusCode);
            Console.WriteLine(await answer.Content.ReadAsStringAsync());
            if (answer.Headers.Contains("Prediction-Id"))
            {
                Console.WriteLine(answer.Headers.GetValues("Prediction-Id").Single());
            }
        }
    }
}
